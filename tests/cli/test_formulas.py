"""A loss as a formula on the command line."""

from pathlib import Path

import pytest

from tests.cli.conftest import Call

LOGISTIC = (
    "--expr",
    "sum(log(1 + exp(-y*(X@w))))",
    "--shape",
    "X=N,D",
    "--shape",
    "y=N",
    "--shape",
    "w=D",
    "--wrt",
    "w",
)


def test_derive(call: Call) -> None:
    done = call("derive", *LOGISTIC, "--latex")
    assert (done.code, done.err) == (0, "")
    assert r"\frac{\partial L}{\partial w} & = X^{\top}\thinspace \mathrm{d}T_{1}" in done.out


def test_derive_by_a_value_in_between(call: Call) -> None:
    done = call("derive", *LOGISTIC[:-1], "T1", "--closed-form")
    assert done.code == 0
    assert "dT1 = -y*exp(-y*T1)/(1 + exp(-y*T1))" in done.out


def test_generate(call: Call, home: Path) -> None:
    done = call("generate", *LOGISTIC, "--size", "D=3", "--backend", "numpy")
    assert (done.code, done.err) == (0, "wrote formula_kernels.py\n")
    assert 'SHAPES = {"w": (3,)}' in (home / "formula_kernels.py").read_text(encoding="utf-8")


def test_check(call: Call) -> None:
    done = call("check", *LOGISTIC, "--size", "D=3", "--json")
    assert done.code == 0
    assert '"ok": true' in done.out


def test_show(call: Call) -> None:
    done = call("show", *LOGISTIC, "--size", "D=3")
    assert done.code == 0
    assert "w   param  (3,)             3  w\n" in done.out


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("derive",), "symprop derive: there is no network; expected a net.yaml, file.py:function or --expr"),
        (("derive", "a.yaml", *LOGISTIC), "symprop derive: there are two networks, a.yaml and --expr; expected one"),
        (("derive", "a.yaml", "--shape", "x=N"), "symprop derive: --shape belongs to --expr; a.yaml has shapes of"),
        (
            ("derive", "--expr", "sum(x)", "--shape", "x"),
            "symprop derive: --shape x: expected NAME=..., such as X=N,D.",
        ),
        (("derive", *LOGISTIC, "--shape", "w=D"), "symprop derive: --shape w is given twice."),
        (("derive", *LOGISTIC[:-2], "--wrt", "W"), "--expr: there is no 'W' to derive by; did you mean 'w'?"),
        (
            ("generate", *LOGISTIC),
            "network 'formula': extent D without a size; kernels have numbers for all extents but N. Add --size D=4,",
        ),
        (("generate", *LOGISTIC, "--size", "E=4"), "size of E: no extent has this name; expected D"),
        (("generate", *LOGISTIC, "--size", "D=0"), "size of D: 0 is no size; expected a positive integer"),
        (("generate", *LOGISTIC, "--size", "D=x"), "symprop generate: --size D=x: expected a positive integer"),
        (
            ("generate", *LOGISTIC, "--size", "D=2", "--size", "N=4"),
            "size of N: N is the number of rows, which kernels",
        ),
        (
            ("generate", "--expr", "x@x", "--shape", "x=D", "--size", "D=2"),
            "network 'formula': no input has rows; expected one whose first axis is N. Call the number of samples N",
        ),
        (
            ("generate", *LOGISTIC[:-2], "--size", "D=2"),
            "parameter 'X': it has N rows, as data have, and cannot be learnt; expected a shape without N. Say",
        ),
    ],
)
def test_a_fault_of_usage_is_told(call: Call, home: Path, arguments: tuple[str, ...], message: str) -> None:
    done = call(*arguments)
    assert done.code == 2
    assert any(line.startswith(message) for line in done.err.splitlines())
    assert list(home.glob("*.py")) == []


HAND = """\
import numpy as np

INPUTS = {"X": ("N", "D"), "W": ("D", "C"), "T": ("N", "C")}


def loss(X, W, T):
    return np.mean((np.tanh(X @ W) - T)**2)
"""


def test_a_loss_in_python_is_derived_and_compiled(call: Call, home: Path) -> None:
    (home / "hand.py").write_text(HAND, encoding="utf-8")
    derived = call("derive", "hand.py:loss", "--wrt", "W", "--closed-form")
    assert (derived.code, derived.err) == (0, "")
    assert "(1)   T1 = X @ W\n" in derived.out
    assert "dW = X.T @ dT1\n" in derived.out
    checked = call("check", "hand.py:loss", "--wrt", "W", "--size", "D=3", "--size", "C=2")
    assert (checked.code, checked.out.splitlines()[-1]) == (0, "All 4 agree.")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            ("hand.py",),
            "hand.py: a Python file is no network; expected file.py:function. Name the function that returns",
        ),
        (("hand.py:los",), "hand.py: there is no function 'los'; expected def los(...). Did you mean 'loss'?"),
        (("hand.py:loss", "--wrt", "w"), "hand.py:loss: there is no 'w' to derive by; did you mean 'W'?"),
        (
            ("hand.py:loss", "--shape", "X=N"),
            "symprop derive: --shape belongs to --expr; hand.py:loss has shapes of its",
        ),
    ],
)
def test_a_fault_of_a_loss_in_python_is_told(call: Call, home: Path, arguments: tuple[str, ...], message: str) -> None:
    (home / "hand.py").write_text(HAND, encoding="utf-8")
    done = call("derive", *arguments)
    assert done.code == 2
    assert any(line.startswith(message) for line in done.err.splitlines())
