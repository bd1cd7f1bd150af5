"""`symprop show`: what a spec amounts to."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from symprop.cli.arguments import force_option, json_option, net_argument

if TYPE_CHECKING:
    from symprop.plan import KernelPlan
    from symprop.session import Source


@click.command("show")
@net_argument()
@click.option("--plan", "wants_plan", is_flag=True, help="The kernel plan: loops, products, buffers.")
@click.option("--svg", metavar="FILE", help="Draw the graph of the layers into a file (- for standard output).")
@json_option("The tables")
@force_option()
def command(net: str, wants_plan: bool, svg: str | None, as_json: bool, force: bool) -> None:
    """Show layers, shapes, parameters, the names of all tensors, and how many operations a run takes."""
    from symprop.cli.output import deliver, print_json, print_text
    from symprop.session import read_source

    source = read_source(net)
    if svg is not None:
        from symprop.report import graph_svg

        return deliver(graph_svg(source.network), svg, "svg", force)
    plan = _plan(source)
    if wants_plan:
        return print_json({"schema": 1, "plan": str(plan).split("\n")}) if as_json else print_text(str(plan))
    from symprop.cli.summary import summary_of

    summary = summary_of(source, plan)
    return print_json(summary.as_json()) if as_json else print_text(summary.as_text())


def _plan(source: Source) -> KernelPlan:
    from symprop.derivation import derive
    from symprop.plan import plan_derivation

    return plan_derivation(derive(source.network))
