"""Functions of generated modules beside loss and gradient, of either backend, against the equations they come from."""

from __future__ import annotations

from dataclasses import replace
from types import ModuleType
from typing import Any

import numba
import numpy as np
import pytest

from symprop.codegen import generate_module, load_module
from symprop.derivation import QUANTITIES, Derivation, derive, quantities
from symprop.errors import InputError
from symprop.network import build
from symprop.oracle import evaluate
from symprop.spec import parse_spec
from tests.cases.equations import BY_NAME
from tests.codegen.fixed import fixed_network
from tests.derivation.test_products import LOGISTIC, PERCEPTRON

TWO_INPUTS = """\
symprop: 1
name: pair
inputs: {x: {shape: [3]}, z: {shape: [2]}, y: {shape: [4], role: target}, s: {shape: [5], role: target}}
layers:
  - {id: a, type: dense, in: x, units: 4, activation: tanh}
  - {id: c, type: concat, in: [a, z]}
  - {id: p, type: dense, in: c, units: 4}
  - {id: q, type: dense, in: a, units: 5, activation: sigmoid}
loss: [{type: mse, from: p, target: y}, {type: mse, from: q, target: s, weight: 0.5}]
"""
NORMED = """\
symprop: 1
name: normed
inputs: {x: {shape: [3]}, y: {classes: 4, role: target}}
layers:
  - id: ln
    in: x
    args: {x: [3]}
    params: {g: {shape: [3], init: ones}, o: {shape: [3], init: zeros}}
    equations:
      - "m[n] = sum[i](x[n,i])/3"
      - "v[n] = sum[i]((x[n,i] - m[n])**2)/3"
      - "y[n,i] = g[i]*(x[n,i] - m[n])/sqrt(v[n] + 0.01) + o[i]"
    output: y
  - {id: o, type: dense, units: 4, activation: softmax}
loss: {type: cross_entropy, from: o, target: y}
"""
SNAKE = """\
symprop: 1
name: snake
functions: {snake: {args: [z], params: {alpha: {init: 1.5}}, formula: "z + sin(alpha*z)**2/alpha"}}
inputs: {x: {shape: [3]}, y: {shape: [2], role: target}}
layers:
  - {id: h, type: dense, units: 4, activation: snake}
  - {id: o, type: dense, units: 2, activation: softplus}
loss: {type: log_cosh, from: o, target: y}
"""
SPECS = {"logistic": LOGISTIC, "perceptron": PERCEPTRON, "pair": TWO_INPUTS, "normed": NORMED, "snake": SNAKE}
FIXED = ("tied_weights", "elman", "layer_norm")
ROWS = 5


def derivation(name: str) -> Derivation:
    if name in SPECS:
        return derive(build(parse_spec(SPECS[name])))
    net = fixed_network(BY_NAME[name])
    return derive(replace(net, outputs=(net.equations[-2].target,)))


def asked(found: Derivation) -> list[str]:
    """What the network has: a Fisher product only of a likelihood, nothing by row where the loss itself weighs."""
    return [name for name in QUANTITIES if name != "fisher" or found.network.name in ("logistic", "perceptron")]


def module(found: Derivation, backend: str, names: list[str]) -> ModuleType:
    source = generate_module(found, backend, "float64", quantities(found, names))
    return load_module(source, f"{found.network.name}_{backend}")


def data(found: Derivation) -> dict[str, Any]:
    rng = np.random.default_rng(8)
    tensors = found.network.of_role("input", "target", "param")
    shapes = {t.name: tuple(a.value({"N": ROWS}) for a in t.axes) for t in tensors}
    high = {t.name: t.high.constant for t in tensors if t.high is not None}
    return {n: rng.integers(0, high[n], s) if n in high else rng.uniform(0.1, 0.9, s) for n, s in shapes.items()}


def packed(table: dict[str, Any], arrays: dict[str, Any]) -> Any:
    found = {name: arrays[name] for name in table}
    return next(iter(found.values())) if len(found) == 1 else found


def truth(found: Derivation, name: str, arrays: dict[str, Any]) -> dict[tuple[str, str], Any]:
    """Values of the equations for readers, by (what it belongs to, what a Jacobian is by)."""
    out = {}
    for quantity in quantities(found, [name])[name]:
        net = quantity.derivation.network
        equations = [*net.equations, *(a.equation for a in quantity.derivation)]
        values = evaluate(equations, arrays, {"N": ROWS}, functions=net.functions, tensors=net.tensors)
        out |= {(owner, quantity.by): values[target] for owner, target in quantity.results}
    return out


def close(found: Any, expected: Any) -> None:
    assert found.shape == np.shape(expected)
    assert found.flags.c_contiguous and found.flags.writeable and found.dtype == np.float64
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-12 * max(1.0, float(np.abs(expected).max())))


def compared(made: ModuleType, found: Derivation, names: list[str]) -> None:
    arrays = data(found)
    rng = np.random.default_rng(9)
    params = made.Params(*(arrays[n] for n in made.Params._fields))
    v = made.Params(*(rng.standard_normal(a.shape) for a in params))
    x, y = packed(made.INPUTS, arrays), packed(made.TARGETS, arrays)
    arrays |= {f"v{n}": part for n, part in v._asdict().items()}
    results = {
        "hvp": lambda: made.hvp(params, v, x, y)._asdict(),
        "gauss_newton": lambda: made.gauss_newton_product(params, v, x, y)._asdict(),
        "fisher": lambda: made.fisher_product(params, v, x, y)._asdict(),
        "empirical_fisher": lambda: made.empirical_fisher_product(params, v, x, y)._asdict(),
        "per_example": lambda: made.per_example_grads(params, x, y)._asdict(),
        "values": lambda: made.values(params, x),
        "input_grad": lambda: by_input(made, made.input_grad(params, x, y)),
    }
    for name in names:
        expected = truth(found, name, arrays)
        assert expected
        if name == "hessian":
            compared_hessian(made, x, y, params)
        elif name in results:
            got = results[name]()
            for (owner, _), value in expected.items():
                close(got[owner], value)
        else:
            got = getattr(made, name)(params, x)
            for (of, by), value in expected.items():
                part = got if len(made.OUTPUTS) == 1 else got[of]
                close(getattr(part, by) if name == "param_jacobian" else by_input(made, part)[by], value)


def compared_hessian(made: ModuleType, x: Any, y: Any, params: Any) -> None:
    """Against differences of the module's own gradient, which is tested elsewhere."""
    found = made.hessian(params, x, y)
    step = 1e-6
    flat = np.concatenate([np.ravel(p) for p in params])
    shapes = [np.shape(p) for p in params]

    def gradient(theta: Any) -> Any:
        parts = np.split(theta, np.cumsum([int(np.prod(s)) for s in shapes])[:-1])
        at = made.Params(*(p.reshape(s) for p, s in zip(parts, shapes, strict=True)))
        return np.concatenate([np.ravel(p) for p in made.value_and_grad(at, x, y)[1]])

    moved = [(gradient(flat + step * e) - gradient(flat - step * e)) / (2 * step) for e in np.eye(len(flat))]
    assert found.shape == (made.TRAINED, made.TRAINED) and found.flags.c_contiguous and found.dtype == np.float64
    np.testing.assert_allclose(found, found.T, rtol=0, atol=1e-12 * np.abs(found).max())
    np.testing.assert_allclose(found, np.array(moved), rtol=0, atol=1e-7 * max(1.0, np.abs(found).max()))


def by_input(made: ModuleType, found: Any) -> Any:
    return found if len(made.INPUTS) > 1 else {next(iter(made.INPUTS)): found}


@pytest.mark.parametrize("name", [*SPECS, *FIXED])
def test_arrays_agree_with_the_equations(name: str) -> None:
    found = derivation(name)
    compared(module(found, "numpy", asked(found)), found, asked(found))


@pytest.mark.parametrize("name", [*SPECS, *FIXED])
def test_loops_agree_with_the_equations(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(numba.config, "DISABLE_JIT", True)
    found = derivation(name)
    compared(module(found, "numba", asked(found)), found, asked(found))


def test_compiled_loops_agree_with_the_equations() -> None:
    found = derivation("perceptron")
    names = ["hvp", "hessian", "per_example", "jacobian"]
    made = load_module(generate_module(found, "numba", "float64", quantities(found, names)), "perceptron_compiled")
    compared(made, found, names)


@pytest.mark.parametrize("backend", ["numba", "numpy"])
def test_a_module_nothing_is_asked_of_stays_as_it_is(backend: str) -> None:
    found = derivation("perceptron")
    plain = generate_module(found, backend, "float64")
    assert generate_module(found, backend, "float64", quantities(found, [])) == plain
    more = generate_module(found, backend, "float64", quantities(found, ["hvp"]))
    # the first line holds the hash of what follows
    assert more.split("\n", 1)[1].startswith(plain.split("\n", 1)[1])


def test_a_parameter_that_does_not_enter_has_zeros() -> None:
    net = build(parse_spec(TWO_INPUTS))
    found = derive(replace(net, outputs=("Z_p",)))
    made = module(found, "numpy", ["param_jacobian"])
    arrays = data(found)
    params = made.Params(*(arrays[n] for n in made.Params._fields))
    assert not made.param_jacobian(params, packed(made.INPUTS, arrays)).W_q.any()
    assert made.param_jacobian(params, packed(made.INPUTS, arrays)).W_q.shape == (ROWS, 4, 4, 5)


def test_a_direction_is_checked_like_parameters() -> None:
    found = derivation("perceptron")
    made = module(found, "numpy", ["hvp"])
    arrays = data(found)
    params = made.Params(*(arrays[n] for n in made.Params._fields))
    x, y = arrays["x"], arrays["y"]
    with pytest.raises(ValueError) as caught:
        made.hvp(params, params._replace(W_h=np.zeros((3, 5))), x, y)
    assert str(caught.value) == "v.W_h: wrong shape; expected (3, 4), got (3, 5)."
    with pytest.raises(ValueError) as caught:
        made.hvp(params, params[:2], x, y)
    assert str(caught.value) == "v: 2 arrays; expected 4: W_h, b_h, W_o, b_o."
    with pytest.raises(ValueError) as caught:
        made.hvp(params, params, x[:, :2], y)
    assert str(caught.value) == "x: wrong shape; expected (N, 3), got (5, 2)."


def test_an_unknown_quantity_is_refused() -> None:
    with pytest.raises(InputError) as caught:
        quantities(derivation("logistic"), ["hvp", "hessians"])
    assert str(caught.value) == (
        "quantities: unknown quantity 'hessians'; expected hvp, hessian, gauss_newton, fisher, empirical_fisher, "
        "per_example, "
        "values, input_grad, jacobian, param_jacobian, got 'hessians'"
    )
