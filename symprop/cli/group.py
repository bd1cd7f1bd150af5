"""The group of commands: loaded one at a time, and a word that is near a command is answered with it."""

from __future__ import annotations

from collections.abc import Mapping
from difflib import get_close_matches
from importlib import import_module
from typing import Any

import click


class Commands(click.Group):
    """A group whose commands live in modules of their own, imported when one is called.

    Args:
        lines: one line of help for each command, in the order they are listed.
    """

    def __init__(self, *, lines: Mapping[str, str], **options: Any) -> None:
        super().__init__(**options)
        self.lines = lines

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Their names, in the order of use."""
        return list(self.lines)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of a name, None where there is none."""
        if cmd_name not in self.lines:
            return None
        found = getattr(import_module(f"symprop.cli.{cmd_name}"), "command", None)
        return found if isinstance(found, click.Command) else None

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The list of commands, without importing them."""
        with formatter.section("Commands"):
            formatter.write_dl(list(self.lines.items()))

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """The command that is called; what is no command is answered with the nearest one."""
        if args and args[0] not in self.lines and not args[0].startswith("-"):
            near = get_close_matches(args[0].lower()[:80], list(self.lines), n=1)
            expected = f"did you mean '{near[0]}'?" if near else f"expected one of {', '.join(self.lines)}"
            raise click.UsageError(f"there is no command {args[0][:80]!r}; {expected}", ctx)
        return super().resolve_command(ctx, args)
