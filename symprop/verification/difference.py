"""The truth as the user would write it, and claimed minus true as a formula.

Enters: a derivation and a claim.  Leaves: text, "" where there is nothing short to read.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from symprop.algebra.simplify import assemble, tidy
from symprop.algebra.terms import terms_of
from symprop.derivation import Derivation
from symprop.language import Equation, text
from symprop.language import expressions as ex
from symprop.report.matrixtext import left_text, numpy_text
from symprop.report.recognise import matrix_form
from symprop.verification.proving import single
from symprop.verification.values import Claim
from symprop.verification.views import Views

LONGEST, MAX_NODES = 160, 120


def truth_text(derivation: Derivation, target: str, views: Views) -> str:
    """`dW1 = x.T @ dZ1`, or the equation with indices where it has no such form, as the user would write it."""
    truth = _truth(derivation, target)
    if truth is None:
        return ""
    equation, network = truth, derivation.network
    if not views.are_plain:
        equation = _presented(truth, views)
        network = replace(network, tensors=views.written(network))
    matrices = matrix_form(equation, network, derivation.prefix)
    right = None if matrices is None else numpy_text(matrices[1])
    return str(equation) if matrices is None or right is None else f"{left_text(matrices[0])} = {right}"


def _presented(equation: Equation, views: Views) -> Equation:
    """An equation as the user would write it, factors taken together."""
    found = views.presented(equation)
    names = [i.name for p in found.indices for i in p.index_atoms()]
    return found.with_body(tidy(assemble(terms_of(single(found.body))), names))


def _truth(derivation: Derivation, target: str) -> Equation | None:
    if target in derivation.network.tensors:
        return derivation.network.defining(target)
    return derivation[target].equation if target in derivation else None


def difference_text(derivation: Derivation, claims: Sequence[Claim], claim: Claim, views: Views) -> str:
    """Claimed minus true, entry by entry, earlier claims under the names of what they are about."""
    known = _truth(derivation, claim.target)
    written = claim.formulas
    if known is None or (len(written) != 1 and not claim.group):
        return ""
    truth, own = views.presented(known), written[-1].with_body(views.outside(written[-1].body))
    where = {i: p for mine, p in zip(own.indices, truth.indices, strict=True) if (i := mine.index) is not None}
    stored = {c.label: c.target for c in claims if c.tensor is not None and c.target}

    def change(node: ex.Expr) -> ex.Expr:
        named = isinstance(node, ex.Read) and node.tensor in stored
        return ex.Read(stored[node.tensor], node.indices) if named and isinstance(node, ex.Read) else node

    left = single(ex.transform(ex.substitute(own.body, where), change))
    whole = ex.add(left, ex.negate(single(truth.body)))
    if sum(1 for _ in ex.walk(whole)) > MAX_NODES:
        return ""
    names = [i.name for p in truth.indices for i in p.index_atoms()]
    shown = text(tidy(assemble(terms_of(whole, expand=True)), names))
    return shown if len(shown) <= LONGEST else ""
