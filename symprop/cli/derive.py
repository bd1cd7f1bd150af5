"""`symprop derive`: the derivation as a document."""

from __future__ import annotations

import click

from symprop.cli.arguments import force_option, network_of, network_options, output_option, wrt_option

NOTATIONS = ("matrix", "index", "both")


@click.command("derive")
@network_options()
@click.option("--latex", "form", flag_value="latex", help="LaTeX for your own document; see --standalone.")
@click.option("--markdown", "form", flag_value="markdown", help="Markdown with formulas between dollar signs.")
@click.option("--json", "form", flag_value="json", help="One JSON object.")
@click.option("--notation", type=click.Choice(NOTATIONS), default="both", show_default=True, help="Of equations.")
@click.option("--closed-form", is_flag=True, help="Each gradient as one formula.")
@wrt_option("Only what leads to dL/dNAME")
@click.option("--standalone", is_flag=True, help="A whole LaTeX document (implies --latex).")
@output_option("Where to write")
@force_option()
def command(
    net: str | None,
    expr: str | None,
    shapes: tuple[str, ...],
    form: str | None,
    notation: str,
    closed_form: bool,
    wrt: tuple[str, ...],
    standalone: bool,
    output: str | None,
    force: bool,
) -> None:
    """Derive the gradient of the loss by every tensor, step by step."""
    from symprop.cli.output import deliver

    chosen = form or ("latex" if standalone else "text")
    if standalone and chosen != "latex":
        raise click.UsageError(f"--standalone is for --latex, not for --{chosen}", click.get_current_context())
    network = network_of(net, expr, shapes, wrt)
    from symprop.derivation import derive
    from symprop.report import render

    document = render(
        derive(network), chosen, notation=notation, closed_form=closed_form, wrt=wrt, standalone=standalone
    )
    deliver(document, output, chosen, force)
