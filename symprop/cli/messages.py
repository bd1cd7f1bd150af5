"""Messages to whoever sits at the terminal, on standard error; data never go there."""

from __future__ import annotations

import click


def say(line: str) -> None:
    """A line on standard error; where that is closed, nobody can be told."""
    try:
        click.echo(line, err=True)
    except OSError:
        return
