"""Updates of states, and equations that hold when predicting: what is refused, and what stands in place of what."""

from __future__ import annotations

from dataclasses import replace

import pytest

from symprop.errors import FormulaError
from symprop.language import Equation, Extent, Network, Scope, Tensor, parse_equation

TENSORS = {
    "x": Tensor("x", (Extent.of("N"), Extent.of(3)), role="input"),
    "m": Tensor("m", (Extent.of(3),)),
    "z": Tensor("z", (Extent.of("N"), Extent.of(3))),
    "r": Tensor("r", (Extent.of(3),), role="state"),
    "s": Tensor("s", (Extent.of(4),), role="state"),
    "w": Tensor("w", (Extent.of(3),), role="param"),
    "L": Tensor("L", (), role="loss"),
}


def equation(text: str) -> Equation:
    return parse_equation(text, Scope(TENSORS))


FORWARD = tuple(map(equation, ["m[j] = sum[n](x[n,j])/N", "z[n,j] = x[n,j] - w[j]*m[j]", "L = sum[n,j](z[n,j]**2)"]))
NETWORK = Network("two_modes", TENSORS, FORWARD)


def test_an_inference_equation_stands_in_the_place_of_the_one_it_replaces() -> None:
    found = replace(NETWORK, updates=(equation("r[j] = r[j]/2 + m[j]/2"),), inference=(equation("m[j] = r[j]"),))
    assert [str(e) for e in found.predicting] == ["m[j] = r[j]", str(FORWARD[1]), str(FORWARD[2])]
    assert found.equations == FORWARD
    assert NETWORK.predicting == FORWARD


WIDER = replace(equation("r[j] = m[j]"), target="s")


@pytest.mark.parametrize(
    ("update", "message"),
    [
        (equation("w[j] = w[j]/2"), "update equation 'w': w is no state; the states are: r, s"),
        (WIDER, "update equation 's': s has axes (4); expected one plain index for each, over all of it"),
        (
            equation("r[j] = max[n](x[n,j])"),
            "update equation 'r': it holds a maximum over an index. Give that an equation of its own in the forward "
            "pass.",
        ),
        (replace(equation("w[j] = m[j]"), where="net.yaml:3:5"), "net.yaml:3:5: update equation 'w': w is no state; "),
    ],
)
def test_updates_are_checked(update: Equation, message: str) -> None:
    with pytest.raises(FormulaError) as error:
        replace(NETWORK, updates=(update,))
    assert str(error.value).startswith(message)


def test_one_update_for_each_state() -> None:
    twice = (equation("r[j] = m[j]"), equation("r[j] = 2*m[j]"))
    with pytest.raises(FormulaError) as error:
        replace(NETWORK, updates=twice)
    assert str(error.value) == "update equation 'r': a second update equation of r; expected one"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("r[j] = m[j]", "inference equation 'r': r is not computed by a forward equation that it could replace"),
        ("m[j] = sum[n](z[n,j])/N", "inference equation 'm': it reads z, which is not computed before m"),
        ("m[j] = m[j]/2", "inference equation 'm': it reads m, which is not computed before m"),
    ],
)
def test_inference_equations_are_checked(text: str, message: str) -> None:
    with pytest.raises(FormulaError) as error:
        replace(NETWORK, inference=(equation(text),))
    assert str(error.value) == message


def test_unknown_tensors_are_named() -> None:
    update = equation("r[j] = m[j]")
    strange = replace(NETWORK.tensors["m"], name="q")
    scope = Scope({**TENSORS, "q": strange})
    with pytest.raises(FormulaError) as error:
        replace(NETWORK, updates=(parse_equation("r[j] = q[j]", scope),))
    assert str(error.value) == "update equation 'r': unknown tensor q"
    assert replace(NETWORK, updates=(update,)).updates == (update,)


def test_a_state_is_not_computed() -> None:
    with pytest.raises(FormulaError) as error:
        replace(NETWORK, equations=(equation("r[j] = w[j]"), *FORWARD))
    assert str(error.value) == (
        "equation 'r': state r is computed by an equation; expected it to be given. Write it as an update."
    )
