"""Texts in NumPy notation, read and evaluated by the oracle, and run by NumPy itself."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from symprop.frontends import Assigned, Meaning, Names, Notation
from symprop.language import Extent, Tensor
from symprop.library import ACTIVATIONS
from symprop.oracle import evaluate

SIZES = {"N": 5}
SHAPES: dict[str, tuple[int | str, ...]] = {
    "X": ("N", 4),
    "W": (4, 3),
    "b": (3,),
    "v": ("N",),
    "t": ("N", 1),
    "M": (4, 4),
    "Q": ("N", 2, 3),
    "P": ("N", 3),
    "G": ("N", 3),
    "s": (),
    "H": ("N", 6),
}
LIBRARY = {name: entry.function() for name, entry in ACTIVATIONS.items() if entry.elementwise}


def tensors() -> dict[str, Tensor]:
    found = {name: Tensor(name, tuple(map(Extent.of, shape))) for name, shape in SHAPES.items()}
    found["y"] = Tensor("y", (Extent.of("N"),), "integer", high=Extent.of(3))
    return found


def names() -> Names:
    return Names({name: Meaning(tensor, "of the test") for name, tensor in tensors().items()})


def arrays(seed: int = 0) -> dict[str, npt.NDArray[Any]]:
    rng = np.random.default_rng(seed)
    found: dict[str, npt.NDArray[Any]] = {
        name: rng.normal(size=[SIZES.get(str(e), e) for e in shape])  # type: ignore[misc]
        for name, shape in SHAPES.items()
    }
    found["y"] = np.array([2, 0, 2, 1, 0])
    return found


def notation(text: str, where: str = "formula") -> Notation:
    return Notation(text, names(), lambda name, k: f"{name}.{k}", where)


def read(text: str) -> list[Assigned]:
    return notation(text).formula("value")


def evaluated(found: list[Assigned]) -> npt.NDArray[Any]:
    equations = [e for a in found for e in a.equations]
    declared = {**tensors(), **{a.tensor.name: a.tensor for a in found}}
    values = evaluate(equations, arrays(), SIZES, functions=LIBRARY, tensors=declared)
    return values[found[-1].tensor.name]


def run_by_numpy(text: str, name: str = "value") -> npt.NDArray[Any]:
    """What NumPy makes of the same text, a value by its name; the texts are those of this folder."""
    space: dict[str, Any] = {name: getattr(np, name) for name in dir(np) if not name.startswith("_")}
    space |= {"np": np, "numpy": np, "range": range, "len": len, "N": SIZES["N"], **arrays()}
    exec(compile(text if name != "value" else f"value = {text}", "test", "exec"), space)
    return np.asarray(space[name], dtype=float)
