"""Expressions as the user of NumPy notation writes them: matrices where there is such a form, else with indices.

Enters: expressions of the network's tensors and of the claims'.  Leaves: short text.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from itertools import permutations

from symprop.derivation import Derivation
from symprop.language import Constraint, Domain, Index, Position, text
from symprop.language import expressions as ex
from symprop.report.matrixtext import numpy_text
from symprop.report.recognise import expression_form
from symprop.verification.converting import CONVERTED
from symprop.verification.reading import MARK
from symprop.verification.values import Claim
from symprop.verification.views import Views

LONGEST = 70
END = rf"{re.escape(CONVERTED)}?"
STEP = re.compile(rf"\w+{MARK}\.([A-Za-z_]\w*)(?:\.\d+)?{END}")
STORED = re.compile(rf"(\w+){MARK}(?:\.\d+)?{END}")


class Wording:
    """Text of expressions.

    Args:
        derivation: whose tensors are read.
        claims: whose values may be read as well.
        views: how the user writes the tensors; the expressions are written so already.
    """

    def __init__(self, derivation: Derivation, claims: Iterable[Claim], views: Views) -> None:
        self.prefix, self.layout = derivation.prefix, derivation.network.layout
        network = derivation.network
        masks = [e for e in network.equations if isinstance(e.body, ex.Guard) and e.body.body == ex.ONE]
        self.masks = list(map(views.presented, masks))
        self.tensors = {**views.written(network), **{c.label: c.written for c in claims if c.written is not None}}

    def shown(self, expr: ex.Expr, free: Sequence[Index]) -> str:
        """At most LONGEST characters."""
        body = self.whole(expr, free)
        return body if len(body) <= LONGEST else body[: LONGEST - 3] + "..."

    def whole(self, expr: ex.Expr, free: Sequence[Index]) -> str:
        """All of it."""
        node = expression_form(expr, free, self.tensors, self.prefix, self.layout)
        found = None if node is None else numpy_text(node)
        return plain_names(text(expr) if found is None else found)

    def one_hot(self, node: ex.Expr) -> ex.Expr:
        """A row of the network that is 1 in one place, by its name: Y for [y[n] == c]."""
        if not isinstance(node, ex.Guard):
            return node
        inside = list(dict.fromkeys(node.domain.index_atoms()))
        same = [ex.Guard(domain, ex.ONE) for domain in (node.domain, turned(node.domain))]
        for equation in self.masks:
            for order in permutations(inside, len(equation.free)):
                at = {old: Position.of(new) for old, new in zip(equation.free, order, strict=True)}
                if ex.substitute(equation.body, at) in same:
                    read = ex.Read(equation.target, [p.substitute(at) for p in equation.indices])
                    return ex.mul(node.body, read)
        return node


def turned(domain: Domain) -> Domain:
    """The same domain with the sides of its equations exchanged."""
    zero = Position.of(0)
    return Domain(Constraint(c.kind, zero - c.position) if c.kind == "eq" else c for c in domain.constraints)


def plain_names(body: str) -> str:
    """The user's own names: dW'.g.1 is g, dZ' is dZ."""
    return STORED.sub(r"\1", STEP.sub(r"\1", body))
