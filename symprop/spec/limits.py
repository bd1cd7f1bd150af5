"""How large a spec may be.  Every bound is a field, so that a caller can widen one; nothing is checked here."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Limits:
    """Bounds on what is read from net.yaml.

    Args:
        size_bytes: length of the whole text in UTF-8.
        depth: how deep lists and mappings may be nested.
        nodes: scalars, lists and mappings in all.
        digits: characters of one numeral.
        layers: entries of `layers`.
        rank: axes of a tensor, the batch axis included.
        extent: largest extent of an axis.
        faults: how many faults are looked for before the report ends.
    """

    size_bytes: int = 2**20
    depth: int = 32
    nodes: int = 50_000
    digits: int = 40
    layers: int = 2_000
    rank: int = 6
    extent: int = 2**31 - 1
    faults: int = 200


DEFAULT = Limits()
