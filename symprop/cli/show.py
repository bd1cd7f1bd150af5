"""`symprop show`: what a spec amounts to."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from symprop.cli.arguments import (
    force_option,
    json_option,
    layout_option,
    network_of,
    network_options,
    size_option,
    sizes_of,
    wrt_option,
)

if TYPE_CHECKING:
    from symprop.language import Network
    from symprop.plan import KernelPlan


@click.command("show")
@network_options()
@wrt_option("Learn only these arguments of a formula")
@size_option()
@layout_option()
@click.option("--plan", "wants_plan", is_flag=True, help="The stages of a step of training, what each costs, memory.")
@click.option("--measure", is_flag=True, help="With --plan: measure the machine and every stage, see the floor.")
@click.option("--batch", type=click.IntRange(1), metavar="N", help="Rows of a batch; default those of the spec.")
@click.option("--svg", metavar="FILE", help="Draw the graph of the layers into a file (- for standard output).")
@json_option("The tables")
@force_option()
def command(
    net: str | None,
    expr: str | None,
    shapes: tuple[str, ...],
    wrt: tuple[str, ...],
    sizes: tuple[str, ...],
    layout: str | None,
    wants_plan: bool,
    measure: bool,
    batch: int | None,
    svg: str | None,
    as_json: bool,
    force: bool,
) -> None:
    """Show layers, shapes, parameters, the names of all tensors, and how many operations a run takes."""
    from symprop.cli.output import deliver, print_json, print_text

    network = network_of(net, expr, shapes, wrt, layout)
    if svg is not None:
        from symprop.report import graph_svg

        return deliver(graph_svg(network), svg, "svg", force)
    from symprop.codegen import with_sizes

    network = with_sizes(network, sizes_of(sizes))
    rows = batch or network.training.batch_size
    if measure and not wants_plan:
        raise click.UsageError("--measure belongs to --plan.")
    if wants_plan:
        from symprop.cli.plan import shown_plan
        from symprop.cli.waiting import Waiting
        from symprop.network import laid_out

        # kernels have their arrays in rows in any layout
        with Waiting("compiling the kernels and timing them"):
            shown = shown_plan(laid_out(network, "rows"), rows, measure)
        return print_json(shown.as_json()) if as_json else print_text(shown.as_text())
    from symprop.cli.summary import summary_of

    summary = summary_of(network, _plan(network), rows)
    return print_json(summary.as_json()) if as_json else print_text(summary.as_text())


def _plan(network: Network) -> KernelPlan:
    """The plan of the kernels, whose arrays are rows in any layout."""
    from symprop.derivation import derive
    from symprop.network import laid_out
    from symprop.plan import plan_derivation

    return plan_derivation(derive(laid_out(network, "rows")))
