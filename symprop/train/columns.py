"""Which columns of a table are which input and which target: by name, or the last one and all the rest.

Enters: a header, the inputs and targets of a network, and the names a user gave.  Leaves: a `Choice`, or every fault at
once with the nearest name.  No values are read here.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from symprop.errors import DataError, Fault
from symprop.train.cells import quote
from symprop.train.contract import Slot

Named = Mapping[str, tuple[str, ...]]
Rest = Callable[[Slot], Sequence[str]]


@dataclass(frozen=True)
class Choice:
    """Columns of each input and each target, by name, in the order of the network's axes."""

    inputs: dict[str, tuple[str, ...]]
    targets: dict[str, tuple[str, ...]]


def merge_names(columns: Named, column: Mapping[str, str]) -> dict[str, tuple[str, ...]]:
    """The options `columns` and `column` as one: names of columns by tensor."""
    return {**{name: tuple(names) for name, names in columns.items()}, **{name: (one,) for name, one in column.items()}}


def choose_columns(
    source: str, header: Sequence[str], inputs: Sequence[Slot], targets: Sequence[Slot], named: Named
) -> Choice:
    """Assign columns: named ones as named; else the last ones to the target, and all the rest to the features.

    Raises:
        DataError: a name that is not in the header, a column used twice, or another number of columns than numbers in
            a row of the tensor; all of them at once.
    """
    faults = [*_unknown(source, header, named), *_strangers(source, [*inputs, *targets], named)]
    faults += _twice(source, named)
    if faults:
        raise DataError(faults)
    free = [name for name in header if not any(name in names for names in named.values())]
    chosen_targets = _fill(source, targets, named, lambda slot: _last(free, slot.width), "target")
    taken = {name for names in chosen_targets.values() for name in names}
    rest = [name for name in free if name not in taken]
    choice = Choice(_fill(source, inputs, named, lambda _: rest, "feature input"), chosen_targets)
    if faults := [*_miscounted(source, inputs, choice.inputs), *_miscounted(source, targets, choice.targets)]:
        raise DataError(faults)
    return choice


def match_columns(source: str, header: Sequence[str], inputs: Named) -> list[str]:
    """Find the columns a model was trained on in a header, in any order; gives those that are not among them.

    Raises:
        DataError: columns are missing; all of them at once.
    """
    if faults := _unknown(source, header, inputs):
        raise DataError(faults)
    used = {name for names in inputs.values() for name in names}
    return [name for name in header if name not in used]


def nearest(name: str, known: Iterable[str]) -> str:
    """A sentence that proposes the nearest known name, or an empty one."""
    folded = {other.casefold().replace(" ", "_"): other for other in known}
    close = difflib.get_close_matches(name.casefold().replace(" ", "_"), folded, n=1, cutoff=0.7)
    return f"Did you mean {quote(folded[close[0]])}?" if close else ""


def _unknown(source: str, header: Sequence[str], named: Named) -> list[Fault]:
    held = set(header)
    return [
        Fault(source, f"no column {quote(name)}, which {tensor!r} needs", nearest(name, header) or _listing(header))
        for tensor, names in named.items()
        for name in names
        if name not in held
    ]


def _listing(header: Sequence[str]) -> str:
    more = f" and {len(header) - 10} more" if len(header) > 10 else ""
    return f"The header has {', '.join(map(quote, header[:10]))}{more}."


def _strangers(source: str, slots: Sequence[Slot], named: Named) -> list[Fault]:
    known = [slot.name for slot in slots]
    wanted = ", ".join(known)
    return [
        Fault(source, f"columns are named for {name!r}; expected an input or target, {wanted}", nearest(name, known))
        for name in named
        if name not in known
    ]


def _twice(source: str, named: Named) -> list[Fault]:
    owners: dict[str, list[str]] = {}
    for tensor, names in named.items():
        for name in names:
            owners.setdefault(name, []).append(tensor)
    return [
        Fault(source, f"column {quote(name)} is used more than once, by {' and '.join(map(repr, tensors))}")
        for name, tensors in owners.items()
        if len(tensors) > 1
    ]


def _fill(source: str, slots: Sequence[Slot], named: Named, rest: Rest, role: str) -> dict[str, tuple[str, ...]]:
    open_slots = [slot for slot in slots if slot.name not in named]
    if len(open_slots) > 1:
        names = ", ".join(repr(slot.name) for slot in open_slots)
        message = f"several {role}s have no columns named: {names}"
        raise DataError(Fault(source, message, "Name them in net.yaml: `columns: [...]` or `column: ...`."))
    return {slot.name: tuple(named[slot.name]) if slot.name in named else tuple(rest(slot)) for slot in slots}


def _last(names: Sequence[str], count: int) -> Sequence[str]:
    return names[max(0, len(names) - count) :]


def _miscounted(source: str, slots: Sequence[Slot], chosen: Named) -> list[Fault]:
    return [
        Fault(
            source,
            f"{slot.name!r}: wrong number of columns; expected {_expected(slot)}, got {len(chosen[slot.name])}",
            "Name its columns in net.yaml with `columns`, or change its shape.",
        )
        for slot in slots
        if len(chosen[slot.name]) not in _counts(slot)
    ]


def _counts(slot: Slot) -> tuple[int, ...]:
    return (1, slot.classes or 1) if slot.is_label else (slot.width,)


def _expected(slot: Slot) -> str:
    if slot.is_label:
        return f"1 of labels or {slot.classes} of one-hot rows"
    return f"{slot.width} (shape {list(slot.shape)})"
