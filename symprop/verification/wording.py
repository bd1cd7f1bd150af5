"""Expressions as the user of NumPy notation writes them: matrices where there is such a form, else with indices.

Enters: expressions of the network's tensors and of the claims'.  Leaves: short text.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import permutations

from symprop.derivation import Derivation
from symprop.language import Constraint, Domain, Index, Position, text
from symprop.language import expressions as ex
from symprop.report.matrixtext import numpy_text
from symprop.report.recognise import expression_form
from symprop.verification.converting import CONVERTED
from symprop.verification.proving import single
from symprop.verification.reading import MARK
from symprop.verification.values import Claim
from symprop.verification.views import Views

LONGEST = 70
END = rf"{re.escape(CONVERTED)}?"
STEP = re.compile(rf"\w+{MARK}\.([A-Za-z_]\w*)(?:\.\d+)?{END}")
UNNAMED = re.compile(r"step\d+")
STORED = re.compile(rf"(\w+?){MARK}+(?:\.\d+)?{END}")


class Wording:
    """Text of expressions.

    Args:
        derivation: whose tensors are read.
        claims: whose values may be read as well.
        views: how the user writes the tensors; the expressions are written so already.
    """

    def __init__(self, derivation: Derivation, claims: Sequence[Claim], views: Views) -> None:
        self.prefix, self.layout = derivation.prefix, derivation.network.layout
        network = derivation.network
        masks = [e for e in network.equations if isinstance(e.body, ex.Guard) and e.body.body == ex.ONE]
        self.masks = list(map(views.presented, masks))
        unnamed = [c for c in claims if c.written is not None and UNNAMED.fullmatch(plain_name(c.label))]
        self.steps = {c.label: c.formulas[-1].with_body(views.outside(c.formulas[-1].body)) for c in unnamed}
        self.tensors = {**views.written(network), **{c.label: c.written for c in claims if c.written is not None}}

    def shown(self, expr: ex.Expr, free: Sequence[Index]) -> str:
        """At most LONGEST characters."""
        body = self.whole(expr, free)
        return body if len(body) <= LONGEST else body[: LONGEST - 3] + "..."

    def whole(self, expr: ex.Expr, free: Sequence[Index]) -> str:
        """All of it, with the user's own names."""
        names = self._names(expr)

        def change(node: ex.Expr) -> ex.Expr:
            return ex.Read(names[node.tensor], node.indices) if isinstance(node, ex.Read) else node

        expr = ex.transform(expr, change)
        tensors = {names.get(name, name): tensor for name, tensor in self.tensors.items()}
        node = expression_form(expr, free, tensors, self.prefix, self.layout)
        found = None if node is None else numpy_text(node)
        return text(expr) if found is None else found

    def legend(self, expr: ex.Expr) -> str:
        """`; P' is the 3rd value of P`, or `dZ' is yours`, for each name that stands for several values in it.

        What a tracer named, `step5`, is written out.
        """
        names, found = self._names(expr), []
        for name, shown in names.items():
            step = self.steps.get(name)
            if step is not None:
                found.append(f"; {shown} is {self.shown(single(step.body), step.free)}")
            elif shown.endswith(MARK):
                own = plain_name(name)
                values = [n for n in self.tensors if plain_name(n) == own]
                beside_ours = own in names and own not in values
                which = "yours" if beside_ours else f"the {ordinal(values.index(name) + 1)} value of {own}"
                found.append(f"; {shown} is {which}")
        return "".join(found)

    def _names(self, expr: ex.Expr) -> dict[str, str]:
        """How each tensor is called: as the user does, with marks where one name has had several values."""
        order = ["", *self.tensors]
        stored = dict.fromkeys(read.tensor for read in ex.reads(expr))
        found: dict[str, str] = {}
        for name in sorted(stored, key=lambda n: order.index(n if n in self.tensors else "")):
            shown = plain_name(name)
            while shown in found.values():
                shown += MARK
            found[name] = shown
        return found

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


def plain_name(name: str) -> str:
    """The user's own name: dW'.g.1 is g, dZ' and dZ'' are dZ."""
    found = STEP.fullmatch(name) or STORED.fullmatch(name)
    return name if found is None else found[1]


def plain_names(words: str) -> str:
    """A sentence with the user's own names; of no formula, in which dZ'.T is a transpose."""
    return STORED.sub(r"\1", STEP.sub(r"\1", words))


def ordinal(number: int) -> str:
    """1st, 2nd, 3rd, 4th."""
    last = {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number}{'th' if number % 100 in (11, 12, 13) else last}"
