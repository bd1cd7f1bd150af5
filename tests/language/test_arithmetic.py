"""Extents as arithmetic: values against Python's own integers, and what is refused."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from symprop.errors import FormulaError
from symprop.language import Extent, arithmetic


@settings(max_examples=40)
@given(st.integers(1, 40), st.integers(1, 9), st.integers(1, 5), st.integers(0, 7), st.integers(1, 4))
def test_quotients_are_those_of_whole_numbers(extent, kernel, stride, pad, dilation):
    names = dict(zip("HKSPD", map(Extent.of, (extent, kernel, stride, pad, dilation)), strict=True))
    want = (extent + 2 * pad - dilation * (kernel - 1) - 1) // stride + 1
    assert arithmetic("(H + 2*P - D*(K - 1) - 1)//S + 1", names).constant == want
    assert arithmetic("-H % K", names).constant == -extent % kernel
    assert arithmetic("max(H - K, min(P, 3))", names).constant == max(extent - kernel, min(pad, 3))


def test_names_without_a_value_stay():
    assert str(arithmetic("N*(T - 1) + 2", {"N": Extent.of("N"), "T": Extent.of(7)})) == "6*N + 2"


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("H/2", "extent: column 1: operator '/' is not known in an extent; expected + - * // %"),
        ("H**2", "extent: column 1: operator '**' is not known in an extent; expected + - * // %"),
        ("N//2", "extent: column 1: N is not known here; expected a number"),
        ("H//0", "extent: column 1: an extent is divided by 0"),
        ("Q + 1", "extent: column 1: unknown extent 'Q'; expected one of H, N"),
        ("H + 0.5", "extent: column 5: an extent is a whole number"),
        ("H.real", "extent: column 1: an attribute cannot stand in an extent. Extents are like (T - K)//2 + 1."),
        ("abs(H)", "extent: column 1: call cannot stand in an extent. Extents are like (T - K)//2 + 1."),
        ("9999999999*9999999999", "extent: column 1: the extent is too large; expected at most 64 bits"),
        ("__import__('os')", "extent: column 1: '__import__' is not a name"),
        ("", "extent: column 1: the formula is empty"),
    ],
)
def test_what_is_no_extent(text, sentence):
    with pytest.raises(FormulaError) as caught:
        arithmetic(text, {"H": Extent.of(5), "N": Extent.of("N")})
    assert str(caught.value).startswith(sentence)
