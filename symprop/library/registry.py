"""Registries: ordered, read-only mappings from a name to an entry, filled by one call per entry.

Enters: entries made at import time, or by a user's program.  Leaves: mappings in the order of registration.  A name
that is taken is refused, so that no program changes the meaning of another's network.
"""

from __future__ import annotations

import difflib
import keyword
import re
from collections.abc import Iterator, Mapping
from typing import Protocol, TypeVar

from symprop.errors import Fault, InputError
from symprop.language import PRIMITIVES
from symprop.library.options import Options

IDENTIFIER = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,63}")
RESERVED = frozenset((*PRIMITIVES, "sum", "argmax", "argmin", "pi", "derivative"))


class Entry(Protocol):
    """What every entry has."""

    @property
    def name(self) -> str:
        """The name a spec calls it by."""

    @property
    def source(self) -> str:
        """Where it is published."""

    @property
    def options(self) -> Options:
        """What a spec can set."""


E = TypeVar("E", bound=Entry)


class Registry(Mapping[str, E]):
    """The entries of one family by name.

    Args:
        family: what an entry is called in messages, such as "activation".
    """

    def __init__(self, family: str) -> None:
        self.family = family
        self._entries: dict[str, E] = {}

    def register(self, entry: E) -> E:
        """Add an entry under its name.

        Raises:
            InputError: the name is taken, no identifier, or a word of the language.
        """
        reason = self._refusal(entry.name)
        if reason:
            raise InputError(Fault(f"{self.family} '{entry.name}'", reason, "Choose another name."))
        self._entries[entry.name] = entry
        return entry

    def forget(self, name: str) -> None:
        """Take back a registration, so that a test or a notebook can repeat it."""
        del self._entries[name]

    def suggestion(self, name: str) -> str:
        """`did you mean 'relu'?` for a name that is nearly one of these, else the list of them all."""
        close = difflib.get_close_matches(name, list(self._entries), n=1)
        return f"did you mean '{close[0]}'?" if close else f"expected one of {', '.join(self._entries)}"

    def _refusal(self, name: str) -> str:
        if not IDENTIFIER.fullmatch(name) or keyword.iskeyword(name):
            return "this is not a name; expected letters, digits and _, a letter first, at most 64 of them"
        if name in RESERVED:
            return "this name is a word of the language"
        return "this name is taken" if name in self._entries else ""

    def __getitem__(self, name: str) -> E:
        return self._entries[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._entries)

    def __len__(self) -> int:
        return len(self._entries)

    def __repr__(self) -> str:
        return f"Registry({self.family}: {', '.join(self._entries)})"
