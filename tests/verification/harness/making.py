"""Subjects from text: tensors as `x: N 4 input`, equations of the language, NumPy statements.

Enters: text.  Leaves: `Subject` values.
"""

from __future__ import annotations

from collections.abc import Mapping

from symprop.language import Extent, Network, Scope, Tensor, parse_equation
from symprop.library import ACTIVATIONS
from tests.verification.harness.values import Subject

CALLED = ("sigmoid", "tanh", "relu", "gelu")


def extent(word: str) -> Extent:
    return Extent.of(int(word) if word.isdigit() else word)


def declared(line: str) -> Tensor:
    """`x: N 4 input`, `y: N target <5`, `Y: N 5 rows` of which each sums to 1."""
    name, _, rest = line.partition(":")
    words = rest.split()
    role = next((w for w in words if w in ("input", "target", "param")), "intermediate")
    high = next((w[1:] for w in words if w.startswith("<")), None)
    axes = tuple(extent(w) for w in words if w[0].isdigit() or w in ("N", "T"))
    whole = {"dtype": "integer", "high": extent(high)} if high else {}
    rows = {"simplex": len(axes) - 1} if "rows" in words else {}
    return Tensor(name.strip(), axes, role=role, **whole, **rows)  # type: ignore[arg-type]


def network(name: str, tensors: str, equations: str) -> Network:
    known = {t.name: t for t in map(declared, filter(None, (p.strip() for p in tensors.split(";"))))}
    known["L"] = Tensor("L", (), role="loss")
    scope = Scope(known, functions=dict.fromkeys(CALLED, 1))
    functions = {f: ACTIVATIONS[f].function() for f in CALLED}
    lines = [line.strip() for line in equations.strip().splitlines()]
    return Network(name, known, tuple(parse_equation(line, scope) for line in lines), functions=functions)


def subject(
    name: str,
    tensors: str,
    equations: str,
    forward: str,
    chain: Mapping[str, str],
    labels: Mapping[str, int] | None = None,
    sizes: Mapping[str, int] | None = None,
) -> Subject:
    parts = [p.strip() for p in tensors.split(";") if p.strip()]
    given = {p.partition(":")[0]: p for p in parts if any(r in p.split() for r in ("input", "target", "param"))}
    words = ("input", "target", "param")
    shapes = {
        k: " ".join(w for w in p.partition(":")[2].split() if w not in words and w[0] != "<") for k, p in given.items()
    }
    return Subject(
        name, lambda: network(name, tensors, equations), forward, shapes, sizes or {"N": 7}, chain, labels or {}
    )
