"""`symprop generate`: the kernel module."""

from __future__ import annotations

import click

from symprop.cli.arguments import (
    force_option,
    json_option,
    network_of,
    network_options,
    output_option,
    size_option,
    sizes_of,
    wrt_option,
)


@click.command("generate")
@network_options()
@wrt_option("Learn only these arguments of a formula")
@size_option()
@output_option("Where to write, NAME_kernels.py by default", "MODULE.py")
@click.option("--backend", type=click.Choice(["numba", "numpy"]), default="numba", show_default=True)
@click.option("--dtype", type=click.Choice(["float32", "float64"]), help="Of all arrays; the spec's own by default.")
@click.option("--with", "extras", metavar="NAME,...", default="", help="Further functions, such as hvp,per_example.")
@force_option()
@json_option("Where it was written")
def command(
    net: str | None,
    expr: str | None,
    shapes: tuple[str, ...],
    wrt: tuple[str, ...],
    sizes: tuple[str, ...],
    output: str | None,
    backend: str,
    dtype: str | None,
    extras: str,
    force: bool,
    as_json: bool,
) -> None:
    """Write the kernel module of a network: forward, loss, gradient, training.

    --with adds functions: hvp, gauss_newton, fisher, empirical_fisher (products with a direction), per_example,
    input_grad, jacobian, param_jacobian.
    """
    from symprop.cli.messages import say
    from symprop.cli.output import STDOUT, print_json, print_text, shown
    from symprop.session import module_source

    network = network_of(net, expr, shapes, wrt)
    names = [name for name in map(str.strip, extras.split(",")) if name]
    source = module_source(network, backend, dtype, sizes_of(sizes), names)
    if output == STDOUT:
        return print_json({"schema": 1, "written": None, "text": source}) if as_json else print_text(source)
    from symprop.codegen import write_module

    place = output or f"{network.name}_kernels.py"
    write_module(place, source, force=force)
    say(f"wrote {shown(place)}")
    if as_json:
        print_json({"schema": 1, "written": place})
