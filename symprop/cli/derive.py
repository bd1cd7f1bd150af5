"""`symprop derive`: the derivation as a document."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from symprop.cli.arguments import force_option, layout_option, network_of, network_options, output_option, wrt_option

NOTATIONS = ("matrix", "index", "both")
BY_ONE = ("jacobian", "hessian")

if TYPE_CHECKING:
    from symprop.derivation import Derivation, Quantity


@click.command("derive")
@network_options()
@click.option("--latex", "form", flag_value="latex", help="LaTeX for your own document; see --standalone.")
@click.option("--markdown", "form", flag_value="markdown", help="Markdown with formulas between dollar signs.")
@click.option("--json", "form", flag_value="json", help="One JSON object.")
@click.option("--notation", type=click.Choice(NOTATIONS), default="both", show_default=True, help="Of equations.")
@layout_option()
@click.option("--closed-form", is_flag=True, help="Each gradient as one formula.")
@wrt_option("Only what leads to dL/dNAME")
@click.option("--hvp", "quantity", flag_value="hvp", help="The Hessian times a direction v.")
@click.option("--gauss-newton", "quantity", flag_value="gauss_newton", help="The Gauss-Newton matrix times v.")
@click.option("--fisher", "quantity", flag_value="fisher", help="The Fisher information times v.")
@click.option("--empirical-fisher", "quantity", flag_value="empirical_fisher", help="The same from the targets given.")
@click.option("--per-example", "quantity", flag_value="per_example", help="The gradient of every row's own loss.")
@click.option("--hessian", "quantity", flag_value="hessian", help="Second derivatives by --wrt NAME.")
@click.option("--jacobian", "of", metavar="TENSOR", help="Derivatives of a tensor by --wrt NAME.")
@click.option("--standalone", is_flag=True, help="A whole LaTeX document (implies --latex).")
@output_option("Where to write")
@force_option()
def command(
    net: str | None,
    expr: str | None,
    shapes: tuple[str, ...],
    form: str | None,
    notation: str,
    layout: str | None,
    closed_form: bool,
    wrt: tuple[str, ...],
    quantity: str | None,
    of: str | None,
    standalone: bool,
    output: str | None,
    force: bool,
) -> None:
    """Derive the gradient of the loss by every tensor, or what follows from it, step by step."""
    from symprop.cli.output import deliver

    chosen = form or ("latex" if standalone else "text")
    if standalone and chosen != "latex":
        raise click.UsageError(f"--standalone is for --latex, not for --{chosen}", click.get_current_context())
    asked = "jacobian" if of is not None else quantity
    _check(asked, quantity, wrt)
    network = network_of(net, expr, shapes, wrt, layout)
    from symprop.derivation import derive
    from symprop.report import render, render_quantity

    derivation = derive(network)
    options: dict[str, Any] = {"notation": notation, "closed_form": closed_form, "standalone": standalone}
    if asked is None:
        document = render(derivation, chosen, wrt=wrt, **options)
    else:
        found = _quantity(derivation, asked, of, wrt)
        parts = () if asked in BY_ONE else wrt
        document = render_quantity(found, chosen, wrt=parts, **options)
    deliver(document, output, chosen, force)


def _check(asked: str | None, quantity: str | None, wrt: tuple[str, ...]) -> None:
    """Refuse options that do not go together."""
    if asked == "jacobian" and quantity is not None:
        raise click.UsageError(f"--jacobian and --{quantity.replace('_', '-')} exclude each other")
    if asked in BY_ONE and len(wrt) != 1:
        raise click.UsageError(f"--{asked} needs one --wrt NAME, got {len(wrt)}", click.get_current_context())


def _quantity(derivation: Derivation, asked: str, of: str | None, wrt: tuple[str, ...]) -> Quantity:
    from symprop.derivation import hessian, jacobian, quantities

    if of is not None:
        return jacobian(derivation, of, wrt[0])
    if asked == "hessian":
        return hessian(derivation, wrt[0])
    (found,) = quantities(derivation, [asked])[asked]
    return found
