"""Splitting rows into training, validation and test: drawn by a seed, with the proportions of the classes kept.

Enters: a number of rows, class indices or none, fractions, a seed.  Leaves: sorted row indices that are disjoint and
together all rows.  Data themselves are not looked at.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from symprop.errors import DataError, Fault
from symprop.train.cells import quote
from symprop.train.contract import Array


@dataclass(frozen=True)
class Split:
    """Row indices of the parts, each sorted, int64."""

    train: Array
    validation: Array
    test: Array

    @property
    def sha256(self) -> str:
        """A fingerprint of the split: equal for equal rows in equal parts."""
        parts = (self.train, self.validation, self.test)
        text = "|".join(",".join(map(str, part.tolist())) for part in parts)
        return hashlib.sha256(text.encode("ascii")).hexdigest()

    @property
    def counts(self) -> dict[str, int]:
        """Number of rows of each part."""
        return {"train": len(self.train), "validation": len(self.validation), "test": len(self.test)}


def split_rows(
    rows: int,
    validation: float,
    test: float,
    seed: int,
    classes: Array | None = None,
    names: Sequence[str] = (),
) -> Split:
    """Draw a split; a part with a fraction above 0 gets round(fraction * rows) rows, at least one.

    With `classes` the parts are stratified: each class gives each part its share, rounded so that the parts have the
    same sizes as without, and at least one row.

    Args:
        rows: number of rows.
        validation, test: fractions of the rows.
        seed: of the generator that draws.
        classes: (N,) class indices to stratify by, or None.
        names: class names for messages.

    Raises:
        DataError: too few rows, of all or of a class.
    """
    sizes = _part_sizes(rows, (validation, test))
    rng = np.random.default_rng(seed)
    if classes is None:
        return _cut(rng.permutation(rows), sizes)
    groups = [np.flatnonzero(classes == c) for c in np.unique(classes)]
    _check_groups(groups, classes, names, sizes)
    counts = _allocate([len(group) for group in groups], sizes, rows)
    return _join([_cut(rng.permutation(group), count) for group, count in zip(groups, counts, strict=True)])


def folds(rows: int, count: int, seed: int, classes: Array | None = None) -> Iterator[tuple[Array, Array]]:
    """Cross-validation: `count` pairs (training rows, held-out rows); every row is held out once, classes dealt evenly.

    Raises:
        DataError: fewer than 2 folds, or more folds than rows.
    """
    if not 2 <= count <= rows:
        raise DataError(Fault("folds", f"wrong number of folds; expected 2 to {rows}, got {count}"))
    rng = np.random.default_rng(seed)
    drawn = rng.permutation(rows)
    ordered = drawn if classes is None else drawn[np.argsort(np.asarray(classes)[drawn], kind="stable")]
    fold_of = np.empty(rows, dtype=np.int64)
    fold_of[ordered] = np.arange(rows) % count
    for fold in range(count):
        yield np.flatnonzero(fold_of != fold), np.flatnonzero(fold_of == fold)


def _part_sizes(rows: int, fractions: tuple[float, float]) -> tuple[int, int]:
    validation, test = (max(1, round(fraction * rows)) if fraction > 0 else 0 for fraction in fractions)
    if validation + test >= rows:
        message = f"too few rows to split; expected more than {validation + test}, got {rows}"
        raise DataError(Fault("data.split", message, "Lower the fractions or give more data."))
    return validation, test


def _check_groups(groups: list[Array], classes: Array, names: Sequence[str], sizes: tuple[int, int]) -> None:
    needed = ["training", *(part for part, size in zip(("validation", "test"), sizes, strict=True) if size)]
    faults = []
    for group in groups:
        if len(group) < len(needed):
            index = int(classes[group[0]])
            name = names[index] if index < len(names) else str(index)
            wanted = f"expected at least {len(needed)}, one for each of {', '.join(needed)}, got {len(group)}"
            message = f"class {quote(name)} has too few rows to stratify; {wanted}"
            faults.append(Fault("data.split", message, "Give more rows of it, or set stratify off."))
    if faults:
        raise DataError(faults)


def _allocate(counts: list[int], sizes: tuple[int, int], rows: int) -> list[tuple[int, int]]:
    validation = _shares(counts, sizes[0], rows, [1 + (sizes[1] > 0)] * len(counts))
    left = [count - taken for count, taken in zip(counts, validation, strict=True)]
    test = _shares(left, sizes[1], rows - sizes[0], [1] * len(counts))
    return list(zip(validation, test, strict=True))


def _shares(counts: list[int], size: int, rows: int, keep: list[int]) -> list[int]:
    """Largest remainders: floor of each exact share, at least 1, then one more where the fraction lost is largest."""
    if size == 0:
        return [0] * len(counts)
    exact = [count * size / rows for count in counts]
    most = [count - kept for count, kept in zip(counts, keep, strict=True)]
    shares = [min(max(1, int(share)), cap) for share, cap in zip(exact, most, strict=True)]
    order = sorted(range(len(counts)), key=lambda i: (shares[i] - exact[i], i))
    for i in order:
        if sum(shares) < size and shares[i] < most[i]:
            shares[i] += 1
    return shares


def _cut(drawn: Array, sizes: tuple[int, int]) -> Split:
    validation, test = sizes
    held = validation + test
    return Split(np.sort(drawn[held:]), np.sort(drawn[:validation]), np.sort(drawn[validation:held]))


def _join(parts: list[Split]) -> Split:
    def together(name: str) -> Array:
        return np.sort(np.concatenate([getattr(part, name) for part in parts]))

    return Split(together("train"), together("validation"), together("test"))
