"""Variants of an entry: what is different where options have certain values or optional arguments are given."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, TypeVar

Entry = TypeVar("Entry")


@dataclass(frozen=True, init=False)
class Variant:
    """What is different of an entry where options have certain values.

    Args:
        when: values by option; of an optional argument True where it is given.  All of them have to hold.
        changes: fields of the entry; those that are mappings are merged, and None as a value takes the key out.
    """

    when: Mapping[str, Any]
    changes: Mapping[str, Any]

    def __init__(self, when: Mapping[str, Any], **changes: Any) -> None:
        object.__setattr__(self, "when", dict(when))
        object.__setattr__(self, "changes", changes)

    def holds(self, settings: Mapping[str, Any]) -> bool:
        """True where the settings are those it is for."""
        return all(same(settings.get(name), value) for name, value in self.when.items())


def same(setting: Any, value: Any) -> bool:
    """Whether a setting has a value; 1 is not true, and [3, 3] is 3 on both axes."""
    if isinstance(setting, tuple | list):
        return bool(setting) and all(same(one, value) for one in setting)
    return type(setting) is type(value) and bool(setting == value)


def varied(entry: Entry, variants: Iterable[Variant], settings: Mapping[str, Any]) -> Entry:
    """The entry with the changes of all variants that hold, in order."""
    made: Any = entry
    for variant in variants:
        if variant.holds(settings):
            made = replace(made, **{key: _merged(getattr(made, key), new) for key, new in variant.changes.items()})
    found: Entry = made
    return found


def _merged(old: Any, new: Any) -> Any:
    if not isinstance(old, Mapping):
        return new
    return {key: value for key, value in {**old, **new}.items() if value is not None}
