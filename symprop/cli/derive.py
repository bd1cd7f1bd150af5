"""`symprop derive`: the derivation as a document."""

from __future__ import annotations

import click

from symprop.cli.arguments import force_option, net_argument, output_option

NOTATIONS = ("matrix", "index", "both")


@click.command("derive")
@net_argument()
@click.option("--latex", "form", flag_value="latex", help="LaTeX for your own document; see --standalone.")
@click.option("--markdown", "form", flag_value="markdown", help="Markdown with formulas between dollar signs.")
@click.option("--json", "form", flag_value="json", help="One JSON object.")
@click.option("--notation", type=click.Choice(NOTATIONS), default="both", show_default=True, help="Of equations.")
@click.option("--closed-form", is_flag=True, help="Each gradient as one formula.")
@click.option("--wrt", multiple=True, metavar="NAME", help="Only what leads to dL/dNAME; may be repeated.")
@click.option("--standalone", is_flag=True, help="A whole LaTeX document (implies --latex).")
@output_option("Where to write")
@force_option()
def command(
    net: str,
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
    from symprop.session import read_network

    chosen = form or ("latex" if standalone else "text")
    if standalone and chosen != "latex":
        raise click.UsageError(f"--standalone is for --latex, not for --{chosen}", click.get_current_context())
    network = read_network(net)
    from symprop.derivation import derive
    from symprop.report import render

    document = render(
        derive(network), chosen, notation=notation, closed_form=closed_form, wrt=wrt, standalone=standalone
    )
    deliver(document, output, chosen, force)
