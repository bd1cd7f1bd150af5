"""Arguments and options that several commands have, and the network that they name."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import reduce
from typing import TYPE_CHECKING, Any, NoReturn

import click

if TYPE_CHECKING:
    from symprop.language import Network

Decorator = Callable[[Callable[..., Any]], Callable[..., Any]]


def net_argument() -> Decorator:
    """NET: a net.yaml, or `-`."""
    return click.argument("net", metavar="NET.yaml")


def network_options() -> Decorator:
    """NET, which may be a formula: --expr with --shape; to be read by `network_of`."""
    options = (
        click.argument("net", metavar="[NET.yaml | FILE.py:FUNCTION]", required=False),
        click.option("--expr", metavar="FORMULA", help="In place of NET: a loss in NumPy notation; see --shape."),
        click.option(
            "--shape",
            "shapes",
            multiple=True,
            metavar="NAME=EXTENTS",
            help="Of a name in --expr: X=N,D; s= of a number; y=N<C of integers below C.",
        ),
    )
    return lambda function: reduce(lambda made, option: option(made), reversed(options), function)


def layout_option() -> Decorator:
    """--layout, for `network_of`."""
    kind = click.Choice(["rows", "columns"])
    return click.option("--layout", type=kind, help="How arrays lie: examples in rows, or in columns. [default: NET's]")


def wrt_option(what: str) -> Decorator:
    """--wrt."""
    return click.option("--wrt", multiple=True, metavar="NAME", help=f"{what}; may be repeated.")


def size_option() -> Decorator:
    """--size, to be read by `sizes_of`."""
    return click.option("--size", "sizes", multiple=True, metavar="NAME=NUMBER", help="Of a named extent other than N.")


def network_of(
    net: str | None, expr: str | None, shapes: Sequence[str], wrt: Sequence[str] = (), layout: str | None = None
) -> Network:
    """The network that the options name.

    Args:
        net: a net.yaml, a loss in Python, file.py:function, or `-`.
        expr: a loss in NumPy notation.
        shapes: of its arguments.
        wrt: what is differentiated by, of a loss as a formula.
        layout: in which it is given; its own by default.
    """
    network = _named(net, expr, shapes, wrt)
    if layout is None:
        return network
    from symprop.network import laid_out

    return laid_out(network, layout)


def _named(net: str | None, expr: str | None, shapes: Sequence[str], wrt: Sequence[str]) -> Network:
    from symprop.session import formula, read_network

    if expr is None:
        if net is None:
            _refuse("there is no network; expected a net.yaml, file.py:function or --expr FORMULA")
        if shapes:
            _refuse(f"--shape belongs to --expr; {net} has shapes of its own")
        return read_network(net, wrt)
    if net is not None:
        _refuse(f"there are two networks, {net} and --expr; expected one of them")
    return formula(expr, _pairs("--shape", shapes, "X=N,D"), wrt, "--expr")


def sizes_of(sizes: Sequence[str]) -> dict[str, int]:
    """What --size says."""
    pairs = _pairs("--size", sizes, "D=4")
    for name, words in pairs.items():
        if not (words.isascii() and words.isdecimal() and len(words) < 11):
            _refuse(f"--size {name}={words}: expected a positive integer, such as {name}=4")
    return {name: int(words) for name, words in pairs.items()}


def _pairs(option: str, given: Sequence[str], example: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for words in given:
        name, equals, value = (part.strip() for part in words.partition("="))
        if not (name and equals):
            _refuse(f"{option} {words}: expected NAME=..., such as {example}")
        if name in found:
            _refuse(f"{option} {name} is given twice")
        found[name] = value
    return found


def _refuse(message: str) -> NoReturn:
    raise click.UsageError(message, click.get_current_context())


def output_option(what: str, metavar: str = "FILE") -> Decorator:
    """-o, a file or `-`."""
    return click.option("-o", "--output", metavar=metavar, help=f"{what} (- for standard output).")


def force_option() -> Decorator:
    """--force."""
    return click.option("--force", is_flag=True, help="Replace whatever is there.")


def json_option(what: str) -> Decorator:
    """--json."""
    return click.option("--json", "as_json", is_flag=True, help=f"{what} as one JSON object on standard output.")
