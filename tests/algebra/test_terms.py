"""Products of sums opened into terms: no index is caught by a sum it does not belong to."""

from __future__ import annotations

import pytest

from symprop.algebra.terms import term_expr, terms_of
from symprop.language import Scope, Tensor, parse_expression
from symprop.language import expressions as ex
from symprop.language.extents import Extent

TENSORS = {name: Tensor(name, (Extent.of("K"),)) for name in ("a", "b")}
SCOPE = Scope(TENSORS, {"k": "K"})


@pytest.mark.parametrize(
    ("product", "free"),
    [
        ("a[k]*sum[k](b[k])", {"k"}),
        ("sum[k](b[k])*a[k]", {"k"}),
        ("[k == 1]*2*sum[k](b[k])", {"k"}),
        ("sum[k](b[k])*[k == 1]*2", {"k"}),
        ("sum[k](a[k])*sum[k](b[k])", set()),
        ("sum[k](a[k]*sum[k](b[k]))", set()),
        ("sum[k](sum[k](b[k]))", set()),
    ],
)
def test_opened_products_keep_their_free_indices(product: str, free: set[str]) -> None:
    (term,) = terms_of(parse_expression(product, SCOPE))
    assert {i.name for i in ex.free_indices(term_expr(term))} == free
    assert len({i.name for i in term.bound}) == len(term.bound) == product.count("sum")
    assert free.isdisjoint(i.name for i in term.bound)


def test_a_choice_between_a_value_and_nothing_has_its_numeral_in_front() -> None:
    (term,) = terms_of(parse_expression("where(a[k] > 0, -2*b[k], 0)/4", SCOPE))
    assert str(term_expr(term)) == "-where(a[k] > 0, b[k], 0)/2"
