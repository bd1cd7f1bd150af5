"""Every activation with every loss, both reductions, both dtypes, two batches, against derivatives written by hand."""

from __future__ import annotations

import numpy as np
import pytest

from symprop.library import ACTIVATIONS, LOSSES
from symprop.oracle.differences import gradient, relative_error
from tests.gradients.networks import SMALL, Small, derived, numpy_module
from tests.library import by_hand

TOLERANCE = {"float64": 1e-11, "float32": 5e-5}
ABSOLUTE = ("softmax_focal",)
"""Losses with a difference 1 - p, right to so many places and not digits, as docs/spec.md says."""
NAMES = ("W_h", "b_h", "W_o", "b_o")


def test_every_entry_is_in_the_table_by_hand() -> None:
    assert {*by_hand.ACTIVATIONS, *by_hand.ROW_ACTIVATIONS} == set(ACTIVATIONS)
    assert {*by_hand.LOSSES, *by_hand.LOSSES_OF_LAYERS} == set(LOSSES)


@pytest.mark.parametrize("batch", [2, 5])
@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("small", SMALL, ids=str)
def test_gradients_are_those_by_hand(small: Small, dtype: str, batch: int) -> None:
    module = numpy_module(small, dtype)
    x, y, params = small.data(batch)
    rounded = [np.asarray(a, dtype).astype(float) for a in (x, *params)]
    target = y if y.dtype.kind == "i" else np.asarray(y, dtype).astype(float)
    loss, gradients = small.by_hand(rounded[0], target, rounded[1:])
    value, found = module.value_and_grad(module.Params(*(np.asarray(p, dtype) for p in params)), x, y)
    assert abs(value - loss) <= TOLERANCE[dtype] * max(1.0, abs(loss))
    for name, ours, truth in zip(NAMES, found, gradients, strict=True):
        assert ours.dtype == dtype
        size = np.abs(truth).max() if small.loss in ABSOLUTE else 1.0
        assert relative_error(ours, truth) * min(1.0, size) < TOLERANCE[dtype], name


@pytest.mark.parametrize("small", [s for s in SMALL if s.reduce == "mean"], ids=str)
def test_gradients_are_those_of_complex_step(small: Small) -> None:
    module = numpy_module(small, "float64")
    x, y, params = small.data(2)
    network = derived(small).network
    truth = gradient(network, {"x": x, "y": y, **dict(zip(NAMES, params, strict=True))}, {"N": 2}, NAMES)
    _, found = module.value_and_grad(module.Params(*params), x, y)
    for name, ours in zip(NAMES, found, strict=True):
        assert relative_error(ours, truth[name]) < TOLERANCE["float64"], name
