"""The command `symprop` and the list of its commands."""

from __future__ import annotations

import click

from symprop import __version__
from symprop.cli.group import Commands

LINES = {
    "new": "Write a commented spec to begin with.",
    "show": "Layers, shapes, parameters, names, operation counts.",
    "derive": "The derivation: text, LaTeX, Markdown or JSON.",
    "generate": "Write the kernel module of a network.",
    "verify": "Check a derivation made by hand.",
    "check": "Compare the kernels with independent derivatives.",
    "train": "Train on data and save the run.",
    "predict": "Predict new rows with a saved run.",
}

symprop = Commands(
    name="symprop",
    lines=LINES,
    help="Derive the backpropagation of a network, print it, compile it, train it.",
    epilog="NET.yaml may be - for standard input. Exit codes: 0 ok, 1 the check says no, 2 usage or input, 3 files or "
    "environment, 4 numeric failure, 5 undecided, 70 a fault of symprop, 130 interrupted.",
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    no_args_is_help=True,
    params=[
        click.Option(
            ["--version"],
            is_flag=True,
            is_eager=True,
            expose_value=False,
            help="Show the version and exit.",
            callback=lambda ctx, _, wanted: _version(ctx) if wanted else None,
        )
    ],
)


def _version(ctx: click.Context) -> None:
    click.echo(f"symprop {__version__}")
    ctx.exit()
