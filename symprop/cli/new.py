"""`symprop new`: a commented spec."""

from __future__ import annotations

import click

from symprop.cli.arguments import force_option, json_option, output_option


@click.command("new")
@click.argument("name")
@click.option("--template", default="mlp", show_default=True, metavar="logistic|mlp", help="What to begin with.")
@output_option("Where to write, NAME.yaml by default")
@force_option()
@json_option("Where it was written")
def command(name: str, template: str, output: str | None, force: bool, as_json: bool) -> None:
    """Write a commented spec to begin with, for a network called NAME."""
    from symprop.cli.output import STDOUT, deliver, print_json
    from symprop.spec import starter

    text, place = starter(template, name), output or f"{name}.yaml"
    if as_json and place == STDOUT:
        return print_json({"schema": 1, "written": None, "text": text})
    # plain, without a seal: a spec is written to be edited
    deliver(text, place, "plain", force)
    if as_json:
        print_json({"schema": 1, "written": place})
