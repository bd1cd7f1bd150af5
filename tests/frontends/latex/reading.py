"""Formulas in LaTeX, read and evaluated by the oracle."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from symprop.frontends import Assigned, Latex, Meaning, Names
from symprop.language import Extent, Tensor
from symprop.oracle import evaluate
from symprop.verification.reading import slopes
from symprop.verification.scene import library

SIZES = {"N": 5}
SHAPES: dict[str, tuple[int | str, ...]] = {
    "X": ("N", 4),
    "W": (4, 3),
    "b": (3,),
    "Z": ("N", 3),
    "P": ("N", 3),
    "G": ("N", 3),
    "v": ("N",),
    "u": (4,),
    "w": (4,),
    "t": ("N", 1),
    "M": (4, 4),
    "H": ("N", 6, 2),
    "U": (2, 2),
    "c": (),
    "lambda": (),
    "W1": (4, 3),
    "W2": (3, 2),
    "W_fc": (4, 2),
    "Z_fc": ("N", 2),
    "b_fc": (2,),
    "y_hat": ("N", 3),
    "gamma": (3,),
    "L": (),
    "dZ": ("N", 3),
    "dW2": (3, 2),
    "dZ_fc": ("N", 2),
}
ROLES = {"X": "input", "L": "loss", "W1": "param", "W2": "param", "W": "param", "b": "param", "W_fc": "param"}


def tensors() -> dict[str, Tensor]:
    found = {
        name: Tensor(name, tuple(map(Extent.of, shape)), role=ROLES.get(name, "intermediate"))
        for name, shape in SHAPES.items()
    }
    found["y"] = Tensor("y", (Extent.of("N"),), "integer", high=Extent.of(3))
    return found


def names(functions: dict[str, int] | None = None, **symbols: str) -> Names:
    known = {name: Meaning(tensor, "of the network") for name, tensor in tensors().items()}
    return Names(known, frozenset({"N"}), functions or {}, symbols, slopes({}))


def arrays() -> dict[str, npt.NDArray[Any]]:
    rng = np.random.default_rng(1)
    found: dict[str, npt.NDArray[Any]] = {
        name: rng.normal(size=[SIZES.get(str(e), e) for e in shape])  # type: ignore[misc]
        for name, shape in SHAPES.items()
    }
    found["y"] = np.array([2, 0, 2, 1, 0])
    return found


def reader(text: str, known: Names | None = None) -> Latex:
    return Latex(text, known or names(), lambda name, k: f"{name}'{k}", "hand.tex")


def read(text: str) -> list[Assigned]:
    return reader(text).expression("value")


def evaluated(found: list[Assigned]) -> npt.NDArray[Any]:
    """The last value of a text."""
    equations = [e for a in found for e in a.equations]
    declared = {**tensors(), **{a.tensor.name: a.tensor for a in found}}
    values = evaluate(equations, arrays(), SIZES, functions=library(), tensors=declared)
    return values[found[-1].tensor.name]
