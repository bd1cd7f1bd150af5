"""The truth without symprop: NumPy runs the claim as it stands, and the loss is differentiated by a complex step.

Nothing here knows equations, indices or adjoints.
"""

from __future__ import annotations

import ast
import textwrap
from collections.abc import Mapping
from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.special import erf

from tests.verification.harness.values import Subject

Array = npt.NDArray[Any]
STEP, CLOSE, APART = 1e-30, 1e-9, 1e-6
SEEDS = (1, 2)


def softmax(z: Array, axis: int = -1) -> Array:
    return np.exp(z) / np.sum(np.exp(z), axis=axis, keepdims=True)


def relu(z: Array) -> Array:
    return np.where(z.real > 0, z, 0)


NAMES = """sum mean exp log sqrt tanh abs where maximum minimum einsum ones zeros eye arange outer diag sign
multiply dot matmul square zeros_like ones_like clip sin cos cosh transpose reshape expand_dims squeeze"""
FUNCTIONS: dict[str, Any] = {name: getattr(np, name) for name in NAMES.split()} | {
    "np": np,
    "erf": erf,
    "pi": np.pi,
    "sigmoid": lambda z: 1 / (1 + np.exp(-z)),
    "silu": lambda z: z / (1 + np.exp(-z)),
    "gelu": lambda z: z * (1 + erf(z / np.sqrt(2))) / 2,
    "relu": relu,
    "softmax": softmax,
    "onehot": lambda y, classes: np.eye(classes)[y],
    "len": len,
}


def run(text: str, names: Mapping[str, Any]) -> dict[str, Any]:
    """The names after the statements of a text; of an expression, its value is "_"."""
    known = {**FUNCTIONS, **names}
    tree = ast.parse(textwrap.dedent(text))
    if len(tree.body) == 1 and isinstance(tree.body[0], ast.Expr):
        tree = ast.parse(f"_ = ({text.strip()})")
    exec(compile(tree, "claim", "exec"), known)
    last = tree.body[-1]
    target = last.targets[0] if isinstance(last, ast.Assign) else last.target  # type: ignore[attr-defined]
    known["_"] = known[(target.value if isinstance(target, ast.Subscript) else target).id]
    return known


@cache
def given(subject: Subject, seed: int) -> Mapping[str, Array]:
    """Random values of what is given; of labels, two are equal."""
    rng = np.random.default_rng([seed, *subject.name.encode()])
    found: dict[str, Array] = {}
    for name, words in subject.shapes.items():
        shape = tuple(int(w) if w.isdigit() else subject.sizes[w] for w in words.split())
        if name in subject.labels:
            found[name] = rng.integers(0, subject.labels[name], shape)
            found[name].flat[1] = found[name].flat[0]
        elif name in subject.positive:
            found[name] = rng.uniform(0.2, 0.8, shape)
        else:
            found[name] = rng.uniform(0.3, 1.2, shape) * rng.choice([-1.0, 1.0], shape)
    return found


def forward(subject: Subject, seed: int, name: str = "", place: int = 0) -> dict[str, Any]:
    """All values, one entry of one tensor moved by a complex step."""
    known: dict[str, Any] = {**FUNCTIONS, **subject.sizes, **given(subject, seed)}
    if name in known:
        known[name] = _moved(known[name], place)
    for line in subject.forward.strip().splitlines():
        target = line.split("=")[0].strip()
        exec(line.strip(), known)
        if target == name:
            known[name] = _moved(known[name], place)
    return known


def _moved(array: Array, place: int) -> Array:
    new = np.array(array, dtype=complex)
    new.flat[place] += STEP * 1j
    return new


@cache
def values(subject: Subject, seed: int) -> Mapping[str, Any]:
    return forward(subject, seed)


@cache
def truth(subject: Subject, target: str, seed: int) -> Array:
    """The gradient that a target names, entry by entry."""
    tensor = values(subject, seed)[target[1:]]
    slopes = [forward(subject, seed, target[1:], k)["L"].imag / STEP for k in range(np.size(tensor))]
    return np.reshape(slopes, np.shape(tensor))


def claimed(subject: Subject, target: str, text: str, seed: int) -> Array:
    """A claim's value, the claims before it being those of the chain."""
    names = dict(values(subject, seed))
    for name, formula in subject.chain.items():
        if name == target:
            break
        names[name] = run(formula, names)["_"]
    with np.errstate(all="ignore"):
        return np.asarray(run(text, names)["_"])


def verdict(subject: Subject, target: str, text: str) -> str:
    """ "right", "wrong", "shape", "unfit" where NumPy refuses it, "unclear" where neither is beyond doubt."""
    gaps = []
    for seed in SEEDS:
        true = truth(subject, target, seed)
        try:
            mine = claimed(subject, target, text, seed)
        except (ValueError, IndexError, AttributeError, TypeError, NameError):
            return "unfit"
        if mine.shape != true.shape:
            return "shape"
        size = max(np.max(np.abs(true)), np.max(np.abs(mine)), 1e-300)
        gaps.append(np.max(np.abs(mine - true)) / size)
    if not np.all(np.isfinite(gaps)):
        return "unclear"
    return "right" if max(gaps) < CLOSE else "wrong" if min(gaps) > APART else "unclear"
