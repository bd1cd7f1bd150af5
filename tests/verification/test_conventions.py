"""Claims under every convention: declared, found, and not mistaken for one another."""

from __future__ import annotations

import json
import operator
from dataclasses import replace
from itertools import product
from pathlib import Path

import numpy as np
import pytest

from symprop.errors import ClaimError
from symprop.language import Extent
from symprop.session import parse_source
from symprop.verification import Convention, Report, verify
from symprop.verification.claimsfile import parse_claims
from symprop.verification.conventions import scales, shapes, views_of
from symprop.verification.values import WRONG
from tests.verification.hand import classifier, linear, report

# what is written for the gradient of a weight, what is passed on, and the gradient of a bias
FORMS = {
    ("rows", "in_out"): ("{a}.T @ {d}", "{d} @ W2.T", "sum({d}, axis=0)"),
    ("rows", "out_in"): ("{d}.T @ {a}", "{d} @ W2", "sum({d}, axis=0)"),
    ("columns", "in_out"): ("{a} @ {d}.T", "W2 @ {d}", "sum({d}, axis=1, keepdims=True)"),
    ("columns", "out_in"): ("{d} @ {a}.T", "W2.T @ {d}", "sum({d}, axis=1, keepdims=True)"),
    ("columns_vectors", "in_out"): ("{a} @ {d}.T", "W2 @ {d}", "sum({d}, axis=1)"),
    ("columns_vectors", "out_in"): ("{d} @ {a}.T", "W2.T @ {d}", "sum({d}, axis=1)"),
    ("single", "in_out"): ("outer({a}, {d})", "W2 @ {d}", "{d}"),
    ("single", "out_in"): ("outer({d}, {a})", "W2.T @ {d}", "{d}"),
    ("single_column", "in_out"): ("{a} @ {d}.T", "W2 @ {d}", "{d}"),
    ("single_column", "out_in"): ("{d} @ {a}.T", "W2.T @ {d}", "{d}"),
}
DEFAULT = Convention()
OPTION = operator.methodcaller("option", DEFAULT)


def claims(convention: Convention) -> dict[str, str]:
    """The gradients of the classifier as someone with this convention writes them."""
    weight, passed, bias = FORMS[convention.batch, convention.weights]
    early = (
        "" if convention.is_single or convention.adjoints == "per_example" or convention.reduction == "sum" else "/N"
    )
    late = (
        "/N"
        if convention.adjoints == "per_example" and convention.reduction != "sum" and not convention.is_single
        else ""
    )
    error = "(P - Y)" if convention.sign == "ascent" else "(Y - P)"
    return {
        "dZ2": error + early,
        "dW2": f"({weight.format(a='A1', d='dZ2')}){late}",
        "db2": f"{bias.format(d='dZ2')}{late}",
        "dA1": passed.format(d="dZ2"),
        "dZ1": "dA1*(1 - A1**2)",
        "dW1": f"({weight.format(a='x', d='dZ1')}){late}",
        "db1": f"{bias.format(d='dZ1')}{late}",
    }


def judged(written: dict[str, str], convention: Convention | None = None, net=None) -> Report:
    text = "\n".join(["claims:", *(f"  {name}: {json.dumps(formula)}" for name, formula in written.items())])
    return verify(net or classifier(), parse_claims(text, "hand.yaml"), convention=convention)


TRIED = list(dict.fromkeys([*shapes(), *scales(DEFAULT), *scales(Convention("columns", "out_in"))[::3]]))


@pytest.mark.parametrize("convention", TRIED, ids=OPTION)
def test_right_claims_are_proved_under_the_convention_declared(convention: Convention) -> None:
    found = judged(claims(convention), convention)
    assert [v.verdict for v in found.given] == ["PROVED"] * 7
    assert found.exit_code == 0
    assert (found.conventions.declared, found.conventions.used) == (convention, convention)
    assert {v.extents for v in found.given} == {("N=1",) if convention.is_single else "all"}


MISTAKES = {
    "dW2": "2*({})",
    "dA1": "-({})",
    "dZ1": "({})*A1",
    "dW1": "({}) + 1/10",
    "db1": "({})*0",
}


PLANTED = [(DEFAULT, name) for name in MISTAKES]
PLANTED += list(zip(shapes(), [*MISTAKES, *MISTAKES], strict=False))


@pytest.mark.parametrize(("convention", "name"), dict.fromkeys(PLANTED))
def test_a_wrong_claim_stays_wrong_under_the_convention_declared_and_found(convention: Convention, name: str) -> None:
    written = claims(convention)
    written[name] = MISTAKES[name].format(written[name])
    for found in (judged(written, convention), judged(written)):
        assert found.exit_code == 1
        assert found[name].verdict in WRONG
        assert found[name].first_wrong == name
        assert found.conventions.right_under == ()
        assert found.conventions.used == convention


@pytest.mark.parametrize("convention", shapes(), ids=OPTION)
def test_how_arrays_lie_is_found(convention: Convention) -> None:
    found = judged(claims(convention))
    assert [v.verdict for v in found.given] == ["PROVED"] * 7
    assert (found.conventions.declared, found.conventions.used) == (None, convention)
    assert ("read with" in str(found)) is (convention != DEFAULT)
    assert found.loss == "L = -sum[n,c](Y[n,c]*log(P[n,c]))/N"


@pytest.mark.parametrize(
    "convention", [*scales(DEFAULT)[1:], *scales(Convention("columns", "out_in"))[3::3]], ids=OPTION
)
def test_a_sign_or_a_factor_is_named_and_not_assumed(convention: Convention) -> None:
    found = judged(claims(convention))
    assert found.conventions.used == convention.shape
    assert found["dZ2"].verdict == "PROPORTIONAL"
    assert found.exit_code == 1
    # without 1/N from the beginning, everything is N times the truth
    same = replace(convention, adjoints="of_loss") if convention.reduction == "sum" else convention
    assert found.conventions.right_under == (same,)
    assert f"Declare it: --convention {same.option(DEFAULT)}." in " ".join(str(found).split())


def test_a_declared_convention_that_is_not_the_one_in_use() -> None:
    found = judged(claims(DEFAULT), Convention(sign="descent"))
    assert found["dW1"].verdict == "PROPORTIONAL"
    assert found.conventions.right_under == (DEFAULT,)
    assert "All claims are right with nothing declared" in str(found)


# -- traps -------------------------------------------------------------------------------------------------------------


def test_a_transpose_in_one_place_is_a_mistake() -> None:
    written = {**claims(DEFAULT), "dW2": "dZ2.T @ A1"}
    found = judged(written)
    assert found.conventions.used == DEFAULT
    assert (found["dW2"].verdict, found["dW1"].verdict) == ("SHAPE", "PROVED")
    assert found.conventions.right_under == ()


def test_one_transposed_weight_alone_is_not_taken_for_a_convention() -> None:
    found = judged({"dZ2": "(P - Y)/N", "dW2": "dZ2.T @ A1"})
    assert found["dW2"].verdict == "SHAPE"
    assert found.conventions.right_under == (Convention(weights="out_in"),)


def test_one_missing_factor_is_a_mistake() -> None:
    found = judged({**claims(DEFAULT), "dW1": "(x.T @ dZ1)*N"})
    assert found["dW1"].verdict == "PROPORTIONAL"
    assert found["dW1"].ratio == "N"
    assert found.conventions.right_under == ()


def test_a_sum_over_the_wrong_axis_is_not_taken_for_columns() -> None:
    found = judged({"dZ2": "(P - Y)/N", "db2": "sum(dZ2, axis=1, keepdims=True)"})
    assert found["db2"].verdict == "SHAPE"
    assert found.conventions.used == DEFAULT
    assert found.conventions.right_under == (Convention("columns"),)


def test_square_weights_are_not_read_the_other_way_round() -> None:
    found = judged({"dZ": "2*(Z - t)/N", "dW": "dZ.T @ x"}, net=linear(inputs=2))
    assert found["dW"].verdict == "REFUTED"
    assert found.conventions.used == DEFAULT
    assert found.conventions.right_under == (Convention(weights="out_in"),)


def test_where_two_ways_fit_neither_is_taken() -> None:
    found = judged({"dZ": "2*(Z - t)/N", "dW": "x @ dZ.T", "dx": "W @ dZ"}, net=linear(inputs=2))
    assert found["dW"].verdict not in ("PROVED", "AGREES")
    assert found.conventions.used == DEFAULT
    assert found.conventions.fitting == (Convention("columns"), Convention("columns", "out_in"))
    assert found.conventions.right_under == (Convention("columns"),)
    assert "Their shapes fit more than one convention; declare which it is" in str(found)


def test_a_batch_is_not_read_as_a_single_example() -> None:
    written = {**claims(Convention("columns", "out_in")), "db2": "dZ2"}
    found = judged(written)
    assert found["db2"].verdict == "SHAPE"
    assert not found.conventions.used.is_single


# -- words -------------------------------------------------------------------------------------------------------------


def test_verdicts_speak_as_the_user_writes() -> None:
    convention = Convention("columns", "out_in", adjoints="per_example")
    written = {**claims(convention), "dW2": "(dZ2 @ A1.T)/N**2", "db2": "sum(dZ2, axis=1)/N"}
    found = judged(written, convention)
    assert found["dW2"].ours == "dW2 = (dZ2 @ A1.T)/N"
    assert found["db2"].reason == "Its shape is (5,); expected (5, 1), since b2 is (5, 1) in the network."
    assert found["dA1"].ours == "dA1 = W2.T @ dZ2"


@pytest.mark.parametrize(
    ("convention", "term"),
    [(DEFAULT, "dZ2 @ W2.T"), (Convention("columns", "out_in"), "W2.T @ dZ2"), (Convention("single"), "W2 @ dZ2")],
)
def test_a_hint_has_the_users_axes(convention: Convention, term: str) -> None:
    right = claims(convention)
    written = {**right, "dA1": f"{right['dA1']} + ({right['dA1']})*A1"}
    assert judged(written, convention)["dA1"].hints[0] == f"Yours is right if the term ({term})*A1 is left out."


def test_a_counterexample_has_the_users_axes() -> None:
    written = {"dZ": "2*(Z - t)/N", "dW": "dZ @ x.T + arange(3)"}
    example = judged(written, Convention("columns", "out_in"), linear())["dW"].counterexample
    assert example is not None
    assert example.entry == "dW[0, 1]"


def test_json_says_which() -> None:
    found = judged(claims(Convention(sign="descent"))).as_json()["conventions"]
    assert found == {
        "declared": None,
        "used": DEFAULT.as_dict(),
        "right_under": [Convention(sign="descent").as_dict()],
        "fitting": [],
    }


def test_a_file_declares_its_convention() -> None:
    lines = ["convention: {batch: columns}", "claims:", "  dZ2: (P - Y)/N", "  dW2: A1 @ dZ2.T"]
    found = report(classifier(), "\n".join(lines))
    assert found.conventions.declared == Convention("columns")
    assert found.ok
    assert "read with examples in columns, biases as columns, as declared" in str(found)


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("convention: {bach: rows}", "hand.yaml:1:14: convention: unknown key 'bach'; did you mean 'batch'?"),
        (
            "convention: {batch: colums}",
            "hand.yaml:1:21: convention: batch: unknown value 'colums'; did you mean 'columns'?",
        ),
        (
            "convention: columns",
            "hand.yaml:1:13: convention: expected a mapping such as {batch: columns, weights: out_in}",
        ),
    ],
)
def test_a_fault_of_the_declaration_has_its_place(line: str, message: str) -> None:
    with pytest.raises(ClaimError) as caught:
        parse_claims(f"{line}\nclaims:\n  dW: 1\n", "hand.yaml")
    assert str(caught.value) == message


# -- views -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("convention", TRIED, ids=OPTION)
def test_a_view_and_its_inverse(convention: Convention) -> None:
    """The entry that a user reads is the entry of the array as shown, times the factor."""
    net, sizes = classifier(), {"N": 1 if convention.is_single else 7}
    views = views_of(convention, net, "d")
    for name, tensor in net.tensors.items():
        shape = [axis.value(sizes) for axis in tensor.axes]
        array = np.arange(1.0, 1 + np.prod(shape, dtype=int)).reshape(shape)
        for own in (name, f"d{name}"):
            view = views[own]
            shown = view.shown(array, sizes)
            assert shown.shape == tuple(axis.value(sizes) for axis in view.axes)
            factor = view.sign * sizes["N"] ** view.power
            for place in product(*map(range, shown.shape)):
                inside = view.inside([*map(_position, place)])
                assert shown[place] == factor * array[tuple(p.offset.constant or 0 for p in inside)]


def _position(place: int):
    from symprop.language import Position

    return Position.of(Extent.of(place))


# -- functions ---------------------------------------------------------------------------------------------------------

FUNCTIONS = """\
import numpy as np

INPUTS = {"X": ("N", "D"), "W": ("D", "C"), "T": ("N", "C")}


def loss(X, W, T):
    return np.sum((X @ W - T)**2) / len(X)


def grads(X, W, T):
    return {"W": -2 * X.T @ (X @ W - T) / len(X)}
"""


def test_functions_declare_a_sign(tmp_path: Path) -> None:
    file = tmp_path / "hand.py"
    file.write_text(FUNCTIONS, encoding="utf-8")
    found = verify(None, file)
    assert found["W"].verdict == "PROPORTIONAL"
    assert found.conventions.right_under == (Convention(sign="descent"),)
    file.write_text(f'CONVENTION = {{"sign": "descent"}}\n{FUNCTIONS}', encoding="utf-8")
    assert verify(None, file)["W"].verdict == "PROVED"


def test_functions_whose_code_needs_numbers_have_a_scale(tmp_path: Path) -> None:
    """A loop over the rows: N is a number, and so is the factor."""
    looped = FUNCTIONS.partition("def grads")[0] + (
        "def grads(X, W, T):\n    d = 0 * W\n    for x, t in zip(X, T):\n        d = d + 2 * np.outer(x, x @ W - t)\n"
        "    return {'W': d}\n"
    )
    file = tmp_path / "hand.py"
    file.write_text(looped, encoding="utf-8")
    found = verify(None, file)
    assert found["W"].verdict in WRONG
    assert found.conventions.right_under == (Convention(reduction="sum"),)
    declared = verify(None, file, convention={"reduction": "sum"})
    assert declared["W"].verdict == "PROVED"
    assert declared["W"].extents != "all"


BESIDE = {
    Convention("columns", "out_in"): (
        "dZ2 = (P - Y) / x.shape[1]",
        "dZ1 = (W2.T @ dZ2) * (1 - A1**2)",
        "dZ2 @ A1.T",
        "dZ1.sum(axis=1, keepdims=True)",
    ),
    Convention("single", "out_in", sign="descent"): (
        "dZ2 = Y - P",
        "dZ1 = (dZ2 @ W2) * (1 - A1**2)",
        "np.outer(dZ2, A1)",
        "dZ1",
    ),
}


@pytest.mark.parametrize("convention", BESIDE, ids=lambda c: c.option)
def test_functions_beside_a_network_have_its_arrays_as_they_lie(tmp_path: Path, convention: Convention) -> None:
    first, second, weight, bias = BESIDE[convention]
    body = f"    {first}\n    {second}\n    return {{'W2': {weight}, 'b1': {bias}}}\n"
    file = tmp_path / "hand.py"
    file.write_text(f"import numpy as np\n\n\ndef grads(x, P, Y, W2, A1):\n{body}", encoding="utf-8")
    found = verify(classifier(), file, convention=convention)
    assert [v.verdict for v in found.given] == ["PROVED", "PROVED"]
    assert {v.extents for v in found.given} == {("N=1",) if convention.is_single else "all"}
    file.write_text(file.read_text().replace("1 - A1**2", "1 - A1"), encoding="utf-8")
    wrong = verify(classifier(), file, convention=convention)
    assert [v.verdict for v in wrong.given] == ["PROVED", "REFUTED"]


@pytest.mark.parametrize("convention", BESIDE, ids=lambda c: c.option)
def test_how_the_arrays_of_functions_lie_is_found(tmp_path: Path, convention: Convention) -> None:
    first, second, weight, bias = BESIDE[convention]
    body = f"    {first}\n    {second}\n    return {{'W2': {weight}, 'b1': {bias}}}\n"
    file = tmp_path / "hand.py"
    file.write_text(f"import numpy as np\n\n\ndef grads(x, P, Y, W2, A1):\n{body}", encoding="utf-8")
    found = verify(classifier(), file)
    assert found.conventions.declared is None and found.conventions.used == convention.shape
    signed = convention.sign == "descent"
    assert [v.verdict for v in found.given] == (["PROPORTIONAL"] * 2 if signed else ["PROVED"] * 2)
    assert found.conventions.right_under == ((convention,) if signed else ())


def test_one_transposed_gradient_of_functions_is_a_mistake(tmp_path: Path) -> None:
    file = tmp_path / "hand.py"
    body = "    dZ2 = (P - Y) / len(Y)\n    return {'W2': dZ2.T @ A1, 'b2': dZ2.sum(axis=0)}\n"
    file.write_text(f"def grads(P, Y, A1):\n{body}", encoding="utf-8")
    found = verify(classifier(), file)
    assert [v.verdict for v in found.given] == ["SHAPE", "PROVED"] and found.conventions.used == Convention()


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("CONVENTION = 1", "hand.py: CONVENTION: expected a dictionary of words, such as CONVENTION = "),
        ("CONVENTION = {'sgn': 'descent'}", "hand.py: CONVENTION: unknown key 'sgn'; did you mean 'sign'?"),
        (
            "CONVENTION = {'batch': 'columns'}",
            "hand.py: the arrays are those of its own loss; expected adjoints, sign or",
        ),
    ],
)
def test_a_fault_of_a_functions_convention(tmp_path: Path, line: str, message: str) -> None:
    file = tmp_path / "hand.py"
    file.write_text(f"{line}\n{FUNCTIONS}", encoding="utf-8")
    with pytest.raises(ClaimError) as caught:
        verify(None, file)
    assert str(caught.value).startswith(message)


def test_a_loss_that_is_a_sum_has_no_other_scale() -> None:
    """N times its gradient is the gradient under no convention."""
    spec = "symprop: 1\nname: net\ninputs: {x: {shape: [4]}, y: {role: target, shape: [3]}}\nlayers:\n"
    spec += "  - {id: out, in: x, type: dense, units: 3}\nloss: {type: mse, from: out, target: y, reduce: sum}\n"
    found = report(parse_source(spec).network, "claims: {dZ_out: 2*N*(Z_out - y)}")
    assert found["dZ_out"].verdict == "PROPORTIONAL" and found.conventions.right_under == ()
    mean = parse_source(spec.replace("sum}", "mean}")).network
    assert report(mean, "claims: {dZ_out: 2*(Z_out - y)/3}").conventions.right_under != ()
