"""Other forms of equations that kernels are written from: zeros around a tensor, one axis for several, signs."""

from __future__ import annotations

import pytest

from symprop.language import Equation, Extent, Scope, Tensor, parse_equation
from symprop.plan.contraction import split
from symprop.plan.flattening import flattened
from symprop.plan.padding import Copies, padded
from symprop.plan.signs import signs_of_results


def tensors(**shapes: str) -> dict[str, Tensor]:
    return {
        name: Tensor(name, tuple(Extent.of(int(w) if w.isdigit() else w) for w in text.split()))
        for name, text in shapes.items()
    }


def equation(text: str, table: dict[str, Tensor], **extents: int) -> Equation:
    return parse_equation(text, Scope(table, extents))


IMAGES = {"X": "N 2 5 4", "W": "3 2 3 3", "Z": "N 3 5 4", "y": "N 3 5 4", "dW": "3 2 3 3", "D": "N 3 5 4"}


def test_reads_outside_are_of_a_copy_with_zeros_around_it() -> None:
    table, copies = tensors(**IMAGES), Copies()
    text = "Z[n,o,p,q] = sum[c,u,v](X[n,c,p + u - 1,q + v - 1]*W[o,c,u,v])"
    copy, rest = padded(equation(text, table), table, copies)
    assert str(copy) == "X_1[n,c,i2,i3] = X[n,c,i2 - 1,i3 - 1]"
    assert str(rest) == "Z[n,o,p,q] = sum[c,u,v](X_1[n,c,p + u,q + v]*W[o,c,u,v])"
    assert [str(a) for a in table["X_1"].axes] == ["N", "2", "7", "6"]


def test_a_copy_is_made_once() -> None:
    table, copies = tensors(**IMAGES), Copies()
    first = "Z[n,o,p,q] = sum[c,u,v](X[n,c,p + u - 1,q + v - 1]*W[o,c,u,v])"
    second = "dW[o,c,u,v] = sum[n,p,q](D[n,o,p,q]*X[n,c,p + u - 1,q + v - 1])"
    assert len(padded(equation(first, table), table, copies)) == 2
    (again,) = padded(equation(second, table), table, copies)
    assert str(again) == "dW[o,c,u,v] = sum[n,p,q](D[n,o,p,q]*X_1[n,c,p + u,q + v])"


def test_a_copy_has_what_is_read_and_no_more() -> None:
    """A window of stride 2 that leaves the axis on one side, and stops before its end on the other."""
    table = tensors(X="N 9", W="5 3", Z="N 5 3")
    text = "Z[n,o,p] = sum[u](X[n,2*p + u - 2]*W[o,u])"
    copy, rest = padded(equation(text, table), table, Copies())
    assert (str(copy), str(rest)) == ("X_1[n,i1] = X[n,i1 - 2]", "Z[n,o,p] = sum[u](X_1[n,2*p + u]*W[o,u])")
    assert str(table["X_1"].axes[1]) == "7"


@pytest.mark.parametrize(
    "text",
    [
        "Z[n,o,p] = sum[u](X[n,p + u]*W[o,u])",  # nowhere outside
        "Z[n,o,p] = max[u](X[n,p + u - 1]*W[o,u])",  # a zero is no smaller than what there is
        "Z[n,o,p] = sum[u](exp(X[n,p + u - 1])*W[o,u])",  # exp(0) is not 0
        "Z[n,o,p] = sum[u](X[n,p + u - 1] + W[o,u])",  # nothing is multiplied
    ],
)
def test_other_reads_stay(text: str) -> None:
    table = tensors(X="N 9", W="8 3", Z="N 8 7")
    given = equation(text, table)
    assert padded(given, table, Copies()) == [given]


def test_few_reads_are_not_worth_a_copy() -> None:
    table = tensors(X="N 9", W="3", Z="N 9")
    given = equation("Z[n,p] = sum[u](X[n,p + u - 1]*W[u])", table)
    assert padded(given, table, Copies()) == [given]


def test_what_slides_is_read_where_it_lies() -> None:
    table = tensors(X="N 2 7 6", D="N 5 5 4", dW="5 2 3 3")
    text = "dW[o,c,u,v] = sum[n,p,q](D[n,o,p,q]*X[n,c,p + u,q + v])"
    parts = split(equation(text, table), table, least=1, turned=True)
    assert not parts.products
    assert [str(e) for e in parts.operands] == ["dW_1[n,p,q,o] = D[n,o,p,q]"]
    assert str(parts.rest) == "dW[o,c,u,v] = sum[n,p,q](dW_1[n,p,q,o]*X[n,c,p + u,q + v])"


def test_of_few_channels_the_windows_are_stored() -> None:
    table = tensors(X="N 2 7 6", D="N 3 5 4", dW="3 2 3 3")
    text = "dW[o,c,u,v] = sum[n,p,q](D[n,o,p,q]*X[n,c,p + u,q + v])"
    assert len(split(equation(text, table), table, least=1, turned=True).products) == 1


def test_flattened_axes_are_one() -> None:
    table = tensors(dZ="N 12", dY="N 5", W="12 5")
    given = equation("dZ[n,(c, h)] = sum[j](dY[n,j]*W[(c, h),j])", table, c=3, h=4)
    assert str(flattened(given)) == "dZ[n,i] = sum[j](dY[n,j]*W[i,j])"


def test_axes_that_are_read_apart_stay() -> None:
    table = tensors(dZ="N 12", X="N 3 4")
    given = equation("dZ[n,(c, h)] = X[n,c,h]", table, c=3, h=4)
    assert flattened(given) == given


TABLE = {"Z": "N 5", "A": "N 5", "dA": "N 5", "dZ": "N 5", "S": "N", "T": "N"}


def signs(*texts: str) -> list[str]:
    table = tensors(**TABLE)
    return [str(e) for e in signs_of_results([equation(text, table) for text in texts])]


def test_a_sign_is_asked_of_the_result() -> None:
    texts = "A[n,j] = max(0, Z[n,j])", "S[n] = sum[k](A[n,k])", "dZ[n,j] = dA[n,j]*where(Z[n,j] > 0, 1, 0)"
    assert signs(*texts) == [*texts[:2], "dZ[n,j] = dA[n,j]*where(A[n,j] > 0, 1, 0)"]


@pytest.mark.parametrize(
    "texts",
    [
        # no one else reads A: keeping Z is as good
        ("A[n,j] = max(0, Z[n,j])", "dZ[n,j] = dA[n,j]*where(Z[n,j] > 0, 1, 0)"),
        # Z is kept anyway
        (
            "A[n,j] = max(0, Z[n,j])",
            "S[n] = sum[k](A[n,k])",
            "T[n] = sum[k](Z[n,k])",
            "dZ[n,j] = dA[n,j]*where(Z[n,j] > 0, 1, 0)",
        ),
        # another sign, and another function
        ("A[n,j] = max(0, Z[n,j])", "S[n] = sum[k](A[n,k])", "dZ[n,j] = dA[n,j]*where(Z[n,j] >= 0, 1, 0)"),
        ("A[n,j] = max(1, Z[n,j])", "S[n] = sum[k](A[n,k])", "dZ[n,j] = dA[n,j]*where(Z[n,j] > 0, 1, 0)"),
    ],
)
def test_other_signs_stay(texts: tuple[str, ...]) -> None:
    assert signs(*texts) == list(texts)
