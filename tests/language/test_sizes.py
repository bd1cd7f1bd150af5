"""Numbers in place of named extents."""

from __future__ import annotations

import numpy as np
import pytest

from symprop.language import Extent, Network, Scope, Tensor, extent_names, parse_equation, sized
from symprop.oracle import evaluate
from tests.frontends.formulas_by_hand import CASES, SIZES, arrays_of


def network(*lines: str, **shapes: tuple[int | str, ...]) -> Network:
    tensors = {name: Tensor(name, tuple(map(Extent.of, axes))) for name, axes in shapes.items()}
    return Network("sizes", tensors, tuple(parse_equation(line, Scope(tensors)) for line in lines))


def test_names_are_those_of_tensors_labels_and_formulas() -> None:
    tensors = {"x": Tensor("x", (Extent.of("N"),)), "y": Tensor("y", (), "integer", high=Extent.of("C"))}
    assert extent_names(Network("names", tensors, ())) == ("N", "C")
    assert extent_names(network("L = sum[n](x[n])/N", x=("N",), L=())) == ("N",)


def test_an_extent_is_a_number_wherever_it_stands() -> None:
    found = sized(network("y[n] = sum[d](x[n,d])/(N*D)", x=("N", "D"), y=("N",)), {"D": 3})
    assert [str(e) for e in found.equations] == ["y[n] = sum[d](x[n,d])/(3*N)"]
    assert found.tensors["x"].axes == (Extent.of("N"), Extent.of(3))
    assert extent_names(found) == ("N",)


def test_no_sizes_change_nothing() -> None:
    before = network("y[n] = x[n]", x=("N",), y=("N",))
    assert sized(before, {}) is before


@pytest.mark.parametrize(("extent", "at"), [("2*N*D - D + 1", "6*N - 2"), ("D*D", "9"), ("K", "K"), ("7", "7")])
def test_an_extent_at_sizes(extent: str, at: str) -> None:
    n, d = Extent.of("N"), Extent.of("D")
    known = {"2*N*D - D + 1": n * d * 2 - d + 1, "D*D": d * d, "K": Extent.of("K"), "7": Extent.of(7)}
    assert str(known[extent].at({"D": 3})) == at


@pytest.mark.parametrize("name", CASES)
def test_values_are_the_same_with_names_and_with_numbers(name: str) -> None:
    from symprop.frontends import formula_network

    case = CASES[name]
    before, arrays = formula_network(case.text, case.shapes), arrays_of(case)
    rest = {"N": SIZES["N"]}
    after = sized(before, {extent: size for extent, size in SIZES.items() if extent != "N"})
    assert set(extent_names(after)) <= {"N"}
    np.testing.assert_array_equal(
        evaluate(after, arrays, rest, float)["L"], evaluate(before, arrays, SIZES, float)["L"]
    )
