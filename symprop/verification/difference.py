"""The truth as the user would write it, and claimed minus true as a formula.

Enters: a derivation and a claim.  Leaves: text, "" where there is nothing short to read.
"""

from __future__ import annotations

from collections.abc import Container, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial

from symprop.algebra.simplify import assemble, tidy
from symprop.algebra.terms import terms_of
from symprop.derivation import Derivation
from symprop.language import Equation
from symprop.language import expressions as ex
from symprop.report.matrixtext import left_text, numpy_text
from symprop.report.recognise import matrix_form
from symprop.verification.proving import single
from symprop.verification.values import Claim
from symprop.verification.views import Views
from symprop.verification.wording import Wording

LONGEST, MAX_NODES, DEEPEST, STEPS = 160, 120, 3, 3


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


def truth_with_steps(derivation: Derivation, target: str, views: Views, claimed: Container[str]) -> str:
    """The truth as the user would write it, with the adjoints it reads that no claim is about, nearest first."""
    texts, pending = [truth_text(derivation, target, views)], [target]
    seen = {target}
    while pending and len(texts) <= STEPS:
        truth = _truth(derivation, pending.pop(0))
        for name in ex.tensors_read(truth.body) if truth is not None else ():
            is_adjoint = name not in derivation.network.tensors and name in derivation
            if is_adjoint and name not in seen and name not in claimed and len(texts) <= STEPS:
                seen.add(name)
                pending.append(name)
                texts.append(truth_text(derivation, name, views))
    first, *steps = texts
    shown = [text for text in steps if text and len(text) <= LONGEST]
    return first + (f", with {'; '.join(shown)}" if first and shown else "")


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
    """Claimed minus true, earlier claims under the names of what they are about; the shortest of what can be said."""
    known = _truth(derivation, claim.target)
    if known is None:
        return ""
    truth, written = views.presented(known), claim.formulas[-1] if claim.group else _unfolded(claim.formulas)
    earlier = [c for c in claims if c.tensor is not None and c.name == claim.name and not c.target]
    values = {c.label: _unfolded(c.formulas) for c in earlier}
    for _ in earlier:
        # what a name stood for before would be read as the claim itself
        written = written.with_body(ex.transform(written.body, partial(_written_out, known=values)))
    own = written.with_body(views.outside(written.body))
    where = {i: p for mine, p in zip(own.indices, truth.indices, strict=True) if (i := mine.index) is not None}
    stored = {c.label: c.target for c in claims if c.tensor is not None and c.target}

    def change(node: ex.Expr) -> ex.Expr:
        named = isinstance(node, ex.Read) and node.tensor in stored
        return ex.Read(stored[node.tensor], node.indices) if named and isinstance(node, ex.Read) else node

    left = single(ex.transform(ex.substitute(own.body, where), change))
    wording = Wording(derivation, claims, views)
    adjoints = [views.presented(a.equation) for a in derivation]
    found = [_shown(left, right, truth, wording) for right in _rights(adjoints, truth, ex.tensors_read(left))]
    return min(filter(None, found), key=len, default="")


def _shown(left: ex.Expr, right: ex.Expr, truth: Equation, wording: Wording) -> str:
    whole = ex.transform(ex.add(left, ex.negate(right)), wording.one_hot)
    if sum(1 for _ in ex.walk(whole)) > MAX_NODES:
        return ""
    names = [i.name for p in truth.indices for i in p.index_atoms()]
    difference = tidy(assemble(terms_of(whole, expand=True)), names)
    shown = "" if difference == ex.ZERO else wording.whole(difference, truth.free) + wording.legend(difference)
    return shown if len(shown) <= LONGEST else ""


def _rights(adjoints: Sequence[Equation], truth: Equation, read: Sequence[str]) -> Iterator[ex.Expr]:
    """The truth, and with adjoints written out that the claim does not read, so that they may cancel."""
    body = single(truth.body)
    for _ in range(DEEPEST):
        yield body
        known = {e.target: e for e in adjoints if e.target not in read}
        deeper = single(ex.transform(body, partial(_written_out, known=known)))
        if deeper == body:
            return
        body = deeper


def _unfolded(equations: Sequence[Equation]) -> Equation:
    """The last of the equations, the earlier ones written out in it."""
    *above, own = equations
    body = own.body
    for equation in reversed(above):
        body = ex.transform(body, partial(_written_out, known={equation.target: equation}))
    return own.with_body(body)


def _written_out(node: ex.Expr, known: Mapping[str, Equation]) -> ex.Expr:
    """The right side for a read of what an equation defines entry by entry."""
    equation = known.get(node.tensor) if isinstance(node, ex.Read) else None
    if equation is None or not isinstance(node, ex.Read) or equation.domain:
        return node
    plain = [p.index for p in equation.indices]
    if any(i is None for i in plain) or any(p.index is None for p in node.indices):
        return node
    return ex.substitute(equation.body, {i: p for i, p in zip(plain, node.indices, strict=True) if i is not None})
