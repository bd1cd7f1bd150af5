"""Losses of several layers, masked losses and their sums: values by hand, gradients by complex step and by torch."""

from __future__ import annotations

from dataclasses import dataclass, field
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from symprop.codegen import generate_module, load_module
from symprop.derivation import derive
from symprop.library import LOSSES
from symprop.network import Sketch
from symprop.oracle.differences import gradient, relative_error
from tests.library import by_hand

Array = np.ndarray
ROWS, INPUTS, WIDTH = 5, 3, 4


@dataclass(frozen=True)
class Case:
    """One dense layer for every argument, and the loss of them."""

    name: str
    options: dict[str, Any] = field(default_factory=dict)

    @property
    def ids(self) -> list[str]:
        return [f"l{k}" for k in range(len(LOSSES[self.name].args))]

    @property
    def positive(self) -> bool:
        return self.name == "gaussian_nll" and not self.options.get("log_variance")

    @property
    def sketch(self) -> Sketch:
        made = Sketch(self.name).input("x", INPUTS)
        against = LOSSES[self.name].against
        made = made.target("y", *[WIDTH] * (self.name != "cosine_embedding")) if against else made
        for number, id_ in enumerate(self.ids):
            last = "softplus" if self.positive and number else None
            made = made.layer("dense", id=id_, units=WIDTH, inputs="x", activation=last)
        return made.loss(self.name, self.ids, **self.options)

    def data(self) -> tuple[list[Array], dict[str, Array]]:
        """([x] or [x, y], parameters)."""
        rng = np.random.default_rng([*str(self).encode()])
        x, params = rng.standard_normal((ROWS, INPUTS)), {}
        for id_ in self.ids:
            params |= {f"W_{id_}": rng.standard_normal((INPUTS, WIDTH)), f"b_{id_}": rng.standard_normal(WIDTH)}
        if not LOSSES[self.name].against:
            return [x], params
        signs = np.array([1.0, -1.0, 1.0, -1.0, -1.0])
        return [x, signs if self.name == "cosine_embedding" else rng.standard_normal((ROWS, WIDTH))], params

    def outputs(self, x: Array, params: dict[str, Array]) -> list[Array]:
        values = [x @ params[f"W_{id_}"] + params[f"b_{id_}"] for id_ in self.ids]
        return [values[0], by_hand.softplus(values[1])] if self.positive else values

    def __str__(self) -> str:
        return "-".join([self.name, *(f"{k}={v}" for k, v in self.options.items())])


CASES = [
    # ctc takes sequences: see test_ctc
    *(Case(name) for name in by_hand.LOSSES_OF_LAYERS if name != "ctc"),
    Case("gaussian_nll", {"log_variance": True, "full": True}),
    Case("info_nce", {"temperature": 0.5}),
    Case("triplet", {"margin": 0.3, "squared": False}),
    Case("cosine_embedding", {"margin": -0.4}),
]


def loaded(sketch: Sketch, backend: str = "numpy") -> ModuleType:
    name = f"loss_{abs(hash(str(sketch.spec)))}_{backend}"
    return load_module(generate_module(derive(sketch.build()), backend, "float64"), name)


@pytest.mark.parametrize("case", CASES, ids=str)
@pytest.mark.parametrize("backend", ["numpy", "numba"])
def test_the_value_is_that_by_hand_and_the_gradient_that_of_complex_step(case: Case, backend: str) -> None:
    module, (data, params) = loaded(case.sketch, backend), case.data()
    value, found = module.value_and_grad(module.Params(**params), *data)
    truth = by_hand.LOSSES_OF_LAYERS[case.name](*case.outputs(data[0], params), *data[1:], **case.options)
    assert value == pytest.approx(truth, rel=1e-13)
    assert module.loss(module.Params(**params), *data) == pytest.approx(value, rel=1e-14)
    bindings = {**params, **dict(zip(("x", "y"), data, strict=False))}
    slopes = gradient(case.sketch.build(), bindings, {"N": ROWS}, tuple(params))
    for name in params:
        assert np.linalg.norm(slopes[name]) > 0
        assert relative_error(getattr(found, name), slopes[name]) < 1e-11, name


def far(name: str, scale: float) -> tuple[float, Any]:
    """The loss and gradients of a network whose layers give values of the order of `scale`."""
    case = Case(name)
    module, (data, params) = loaded(case.sketch), case.data()
    return module.value_and_grad(module.Params(**{key: scale * value for key, value in params.items()}), *data)


@pytest.mark.parametrize("name", ["info_nce", "triplet", "cosine", "cosine_embedding"])
@pytest.mark.parametrize("scale", [1e-20, 1e20, 1e120])
def test_large_and_small_embeddings_do_not_overflow(name: str, scale: float) -> None:
    value, found = far(name, scale)
    assert np.isfinite(value)
    assert all(np.isfinite(g).all() for g in found)


@pytest.mark.parametrize("name", ["info_nce", "cosine", "cosine_embedding"])
def test_a_cosine_does_not_see_the_length(name: str) -> None:
    # the biases are scaled with the weights, so that every embedding is scaled as a whole
    assert far(name, 1e15)[0] == pytest.approx(far(name, 1.0)[0], rel=1e-13)


def test_a_cold_temperature_does_not_overflow() -> None:
    case = Case("info_nce", {"temperature": 1e-5})
    module, (data, params) = loaded(case.sketch), case.data()
    value, found = module.value_and_grad(module.Params(**params), *data)
    assert value == pytest.approx(by_hand.info_nce(*case.outputs(data[0], params), temperature=1e-5), rel=1e-12)
    assert all(np.isfinite(g).all() for g in found)


@pytest.mark.parametrize("logits", [-800.0, -40.0, 40.0, 800.0])
@pytest.mark.parametrize("kind", ["binary_focal", "softmax_focal"])
def test_focal_losses_of_certain_predictions_are_finite(kind: str, logits: float) -> None:
    sketch = Sketch("focal").input("x", WIDTH).target("y", WIDTH).layer("dense", id="o", units=WIDTH).loss(kind)
    module, x, y = loaded(sketch), np.diag([1.0, 2.0, 3.0, 4.0]), np.eye(WIDTH)
    params = module.Params(W_o=logits * np.eye(WIDTH), b_o=np.zeros(WIDTH))
    value, found = module.value_and_grad(params, x, y)
    loss, slope = by_hand.LOSSES[kind]
    divisor = WIDTH if kind in by_hand.PER_ROWS else WIDTH * WIDTH
    z = x * logits
    assert value == pytest.approx(loss(z, y) / divisor, rel=1e-12, abs=1e-300)
    truth = x.T @ slope(z, y) / divisor
    # 1 - p of a softmax is a difference: of a class that is certain it is right to 1e-16, not to so many digits
    bound = 1e-12 * np.abs(truth).max() if kind == "binary_focal" else 1e-15 + 1e-12 * np.abs(truth).max()
    assert np.abs(found.W_o - truth).max() <= bound


# -- masks


def sequence(loss: str = "softmax_cross_entropy", **options: Any) -> Sketch:
    made = Sketch("masked").input("x", 4, INPUTS)
    made = made.target("y", 4, classes=WIDTH) if LOSSES[loss].target == "labels" else made.target("y", 4, WIDTH)
    return made.target("m", 4).layer("dense", id="o", units=WIDTH).loss(loss, target="y", mask="m", **options)


def masked_data(labels: bool) -> tuple[Array, dict[str, Array], dict[str, Array]]:
    rng = np.random.default_rng(8)
    lengths = np.array([4, 1, 2, 0, 3])
    m = (np.arange(4) < lengths[:, None]).astype(float)
    y = rng.integers(0, WIDTH, (ROWS, 4)) if labels else rng.standard_normal((ROWS, 4, WIDTH))
    params = {"W_o": rng.standard_normal((INPUTS, WIDTH)), "b_o": rng.standard_normal(WIDTH)}
    return rng.standard_normal((ROWS, 4, INPUTS)), {"y": y, "m": m}, params


@pytest.mark.parametrize(("loss", "reduce"), [("softmax_cross_entropy", "mean"), ("softmax_cross_entropy", "sum")])
@pytest.mark.parametrize("backend", ["numpy", "numba"])
def test_sequence_cross_entropy_over_the_positions_a_mask_keeps(loss: str, reduce: str, backend: str) -> None:
    module, (x, y, params) = loaded(sequence(loss, reduce=reduce), backend), masked_data(True)
    value, found = module.value_and_grad(module.Params(**params), x, y)
    kept = y["m"].astype(bool)
    z, rows = (x @ params["W_o"] + params["b_o"])[kept], np.eye(WIDTH)[y["y"][kept]]
    divisor = kept.sum() if reduce == "mean" else 1
    assert value == pytest.approx(by_hand.softmax_ce(z, rows) / divisor, rel=1e-13)
    slope = by_hand.d_softmax_ce(z, rows) / divisor
    assert relative_error(found.W_o, x[kept].T @ slope) < 1e-12
    assert relative_error(found.b_o, slope.sum(axis=0)) < 1e-12


def test_a_masked_mean_over_entries_counts_all_entries_of_a_position() -> None:
    module, (x, y, params) = loaded(sequence("mse")), masked_data(False)
    kept = y["m"].astype(bool)
    residual = (x @ params["W_o"] + params["b_o"] - y["y"])[kept]
    value, found = module.value_and_grad(module.Params(**params), x, y)
    assert value == pytest.approx((residual**2).mean(), rel=1e-13)
    assert relative_error(found.W_o, x[kept].T @ (2 * residual / residual.size)) < 1e-12


def test_what_a_mask_hides_has_no_effect() -> None:
    module, (x, y, params) = loaded(sequence()), masked_data(True)
    hidden = np.where(y["m"][..., None] > 0, x, 7.0)
    first, second = (module.value_and_grad(module.Params(**params), rows, y) for rows in (x, hidden))
    assert first[0] == second[0]
    assert all(np.array_equal(a, b) for a, b in zip(first[1], second[1], strict=True))


# -- several terms


def test_several_losses_are_summed_with_their_weights() -> None:
    made = Sketch("sum").input("x", INPUTS).target("y", WIDTH).target("c", classes=WIDTH)
    for id_ in "uvw":
        made = made.layer("dense", id=id_, units=WIDTH, inputs="x")
    made = made.loss("gaussian_kl", ["u", "v"], weight=0.25).loss("triplet", ["u", "v", "w"], weight=2.0)
    made = made.loss("triplet", {"negative": "u", "anchor": "v", "positive": "w"}, margin=0.5)
    made = made.loss("mse", "u", "y", weight=0.5).loss("softmax_focal", "w", "c")
    rng = np.random.default_rng(9)
    network, module = made.build(), loaded(made)
    assert network.outputs == ("Z_u", "Z_v", "Z_w")
    assert {"P_loss", "P_loss3", "P_loss5"} <= set(network.tensors)
    params = {f"{s}_{k}": rng.standard_normal((INPUTS, WIDTH)[s == "b" :]) for k in "uvw" for s in "Wb"}
    x, y = rng.standard_normal((ROWS, INPUTS)), rng.standard_normal((ROWS, WIDTH))
    c = rng.integers(0, WIDTH, ROWS)
    value, found = module.value_and_grad(module.Params(**params), x, {"y": y, "c": c})
    u, v, w = (x @ params[f"W_{k}"] + params[f"b_{k}"] for k in "uvw")
    truth = 0.25 * by_hand.gaussian_kl(u, v) + 2 * by_hand.triplet(u, v, w) + by_hand.triplet(v, w, u, margin=0.5)
    truth += 0.5 * ((u - y) ** 2).mean() + by_hand.softmax_focal(w, np.eye(WIDTH)[c]) / ROWS
    assert value == pytest.approx(truth, rel=1e-13)
    slopes = gradient(network, {**params, "x": x, "y": y, "c": c}, {"N": ROWS}, tuple(params))
    assert all(relative_error(getattr(found, name), slopes[name]) < 1e-11 for name in params)
