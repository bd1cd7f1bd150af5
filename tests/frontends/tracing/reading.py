"""Functions traced and evaluated by the oracle, and run by NumPy itself."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from symprop.frontends.tracing.inputs import Inputs, inputs_of
from symprop.frontends.tracing.loss import Labels, generalised
from symprop.frontends.tracing.run import Run, Stored
from symprop.frontends.tracing.userfile import UserFile, call, load
from symprop.language import expressions as ex
from symprop.library import ACTIVATIONS
from symprop.oracle import evaluate

HEAD = """
import math
import numpy as np
from numpy import exp, log as ln
INPUTS = {
    "X": ("N", "D"), "W": ("D", "C"), "b": ("C",), "v": ("N",), "P": ("N", "C"), "G": ("N", "C"), "M": ("D", "D"),
    "Q": ("N", 2, 3), "s": (), "E": ("V", "D"), "y": {"shape": "N", "below": "C"},
    "tok": {"shape": ("N", 2), "below": "V"}, "Y": {"shape": ("N", "C"), "one_hot": True},
}
"""
SIZES = ({"N": 5, "D": 4, "C": 3, "V": 6}, {"N": 6, "D": 2, "C": 4, "V": 7})
LIBRARY = {name: entry.function() for name, entry in ACTIVATIONS.items() if entry.elementwise}


def user_file(folder: Path, body: str, head: str = HEAD) -> UserFile:
    """A file with a function `f` of the given lines."""
    place = folder / "hand.py"
    place.write_text(head + body)
    return load(place)


def arrays(file: UserFile, inputs: Inputs, sizes: Mapping[str, int], seed: int = 0) -> dict[str, npt.NDArray[Any]]:
    """Inputs as the user's function gets them."""
    rng = np.random.default_rng(seed)
    found: dict[str, Any] = {}
    for name, tensor in inputs.tensors.items():
        shape = tuple(axis.value(sizes) for axis in tensor.axes)
        if name in inputs.one_hot:
            found[name] = np.eye(shape[-1])[rng.integers(0, shape[-1], shape[:-1])]
        elif tensor.dtype == "integer":
            assert tensor.high is not None
            found[name] = rng.integers(0, tensor.high.value(sizes), shape)
            found[name][1] = found[name][0]
        else:
            found[name] = rng.normal(size=shape)
    return found


def traced(file: UserFile, sizes: Mapping[str, int]) -> tuple[Inputs, Stored, tuple[str, ...], dict[str, int]]:
    """The inputs with what had to be a number, the result, the inputs it changed, and the numbers."""

    def attempt(inputs: Inputs) -> tuple[Inputs, Stored, tuple[str, ...]]:
        run = Run(file, "f", inputs, Labels(inputs, "result"))
        found = run.result()
        return inputs, run.stored(found, "result"), run.changed

    (inputs, stored, changed), numbers = generalised(inputs_of(file), sizes, attempt)
    return inputs, stored, changed, numbers


def compared(file: UserFile, sizes: Mapping[str, int]) -> dict[str, int]:
    """Check the equations against NumPy; the extents that had to be numbers."""
    inputs, stored, changed, numbers = traced(file, sizes)
    given = arrays(file, inputs, sizes)
    names = {p: given[p].copy() for p in inspect.signature(file.function("f")).parameters if p in given}
    before = {n: v.copy() for n, v in names.items()}
    expected = np.asarray(call(file, "f", {n: v if v.ndim else v[()] for n, v in names.items()}), dtype=float)
    labels = {f"labels_of_{n}": given[n].argmax(axis=-1) for n in inputs.one_hot}
    values = evaluate(stored.equations, _read(stored, {**given, **labels}), sizes, functions=LIBRARY)
    assert values["result"].shape == expected.shape
    np.testing.assert_allclose(values["result"], expected, rtol=1e-10, atol=1e-12)
    assert set(changed) == {n for n, v in names.items() if not np.array_equal(v, before[n])}
    return numbers


def _read(stored: Stored, known: Mapping[str, npt.NDArray[Any]]) -> dict[str, npt.NDArray[Any]]:
    """The arrays that equations read."""
    names = {name for e in stored.equations for name in ex.tensors_read(e.body)}
    return {name: array for name, array in known.items() if name in names}
