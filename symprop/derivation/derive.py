"""From a network to its derivation: every adjoint swept, folded, composed, numbered.

Enters: a `Network`.  Leaves: a `Derivation`.  The order of the work on each adjoint is the order of its steps: chain
rule, delta elimination, folding into named values, composition with a singular adjoint, sums of rows that are known.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from time import monotonic

from symprop.algebra.simplify import arranged, assemble, tidy
from symprop.algebra.terms import Term, term_expr
from symprop.derivation.collapse import collapsed
from symprop.derivation.compose import Composed, Composer, divides_by
from symprop.derivation.exact import pointwise, unfolded
from symprop.derivation.folding import Folding
from symprop.derivation.kinks import kinks_of
from symprop.derivation.normalise import normalise
from symprop.derivation.rows import RowSums
from symprop.derivation.sweep import Sweep
from symprop.derivation.values import Adjoint, Derivation, Step
from symprop.errors import Fault, InputError, UndecidedError
from symprop.language import Equation, Function, Network, Tensor
from symprop.language import expressions as ex

TIME_LIMIT_SECONDS = 60.0


def derive(network: Network, *, prefix: str = "d", time_limit_seconds: float = TIME_LIMIT_SECONDS) -> Derivation:
    """The adjoints of all real tensors of a network, dL/dx for each x.

    Args:
        network: forward equations with a scalar loss.
        prefix: the adjoint of x is named prefix + x; a second derivation needs another than the first.
        time_limit_seconds: the derivation stops with a message after this time.

    Raises:
        InputError: the network has a recurrence in both directions, or an adjoint's name is taken.
        UndecidedError: the time is up.
    """
    taken = next((name for name in network.tensors if prefix + name in network.tensors), None)
    if taken is not None:
        message = f"its adjoint would be named {prefix}{taken}, which is the name of another tensor"
        raise InputError(Fault(f"tensor '{taken}'", message, "Choose another prefix for the adjoints."))
    return _Deriver(normalise(network), prefix, monotonic() + time_limit_seconds).derivation()


class _Deriver:
    """The state of one derivation: the adjoints found so far, in order."""

    def __init__(self, network: Network, prefix: str, deadline: float) -> None:
        self.network, self.prefix, self.deadline = network, prefix, deadline
        self.sweep = Sweep(network, prefix)
        self.rows = RowSums(network, self.sweep.facts)
        self.composer = Composer(self.sweep.facts, self.rows, prefix)
        self.fold = Folding((e for e in network.equations if e.target != network.loss), self.sweep.facts)
        self.found: dict[str, Adjoint] = {}
        self.count = len(network.equations)

    def derivation(self) -> Derivation:
        for tensor in self._order():
            if monotonic() > self.deadline:
                raise UndecidedError(f"network '{self.network.name}': the derivation is not done in the time it has")
            self.found[tensor.name] = self._adjoint(tensor)
        adjoints = tuple(self.found.values())
        assumptions = tuple(dict.fromkeys(a for adjoint in adjoints for a in adjoint.assumptions))
        named = (e.source for e in self.network.equations)
        functions = (self.network.functions[c.name].source for c in self._calls() if c.name in self.network.functions)
        sources = tuple(dict.fromkeys(s for s in (*named, *functions) if s))
        network = replace(
            self.network,
            equations=tuple(map(_tidied, self.network.equations)),
            functions=self._functions(adjoints),
            updates=self._numbered(self.network.updates),
            inference=self._numbered(self.network.inference),
        )
        return Derivation(network, adjoints, assumptions, kinks_of(self.network), sources, self.prefix)

    def _numbered(self, equations: Iterable[Equation]) -> tuple[Equation, ...]:
        """Equations that are not differentiated; their numbers count on."""
        found = tuple(replace(_tidied(e), number=self.count + k) for k, e in enumerate(equations, 1))
        self.count += len(found)
        return found

    def _functions(self, adjoints: Iterable[Adjoint]) -> dict[str, Function]:
        """The network's functions, and those its derivatives turned out to be: softplus brings the sigmoid."""
        known = self.sweep.rules.functions
        bodies = (node for a in adjoints for e in (a.equation, a.exact) for node in ex.walk(e.body))
        called = dict.fromkeys(n.name for n in bodies if isinstance(n, ex.Call) and n.name in known)
        return {**self.network.functions, **{name: known[name] for name in called}}

    def _calls(self) -> Iterator[ex.Call]:
        for equation in self.network.equations:
            yield from (node for node in ex.walk(equation.body) if isinstance(node, ex.Call))

    def _order(self) -> Iterator[Tensor]:
        """Targets backwards, each parameter as soon as all its consumers are done; inputs last."""
        pending = {t.name: t for t in self.network.params if t.name in self.sweep.consumers}
        done = {self.network.loss}
        yield from self._ready(pending, done)
        for equation in reversed(self.network.equations):
            tensor = self.network.tensors[equation.target]
            if tensor.name in self.sweep.variable and tensor.name in self.sweep.consumers:
                yield tensor
            done.add(tensor.name)
            yield from self._ready(pending, done)
        inputs = self.network.of_role("input", "target", "sample")
        yield from (t for t in inputs if t.dtype == "real" and t.name in self.sweep.consumers)

    def _ready(self, pending: dict[str, Tensor], done: set[str]) -> Iterator[Tensor]:
        for name in list(pending):
            if all(e.target in done for e in self.sweep.consumers[name]):
                yield pending.pop(name)

    def _adjoint(self, tensor: Tensor) -> Adjoint:
        kappa = self.sweep.indices_of(tensor)
        names = [i.name for p in kappa for i in p.index_atoms()]
        raw = self.sweep.raw_terms(tensor.name, kappa)
        solved = self.sweep.eliminated(raw)
        uses = self._uses(raw)
        first = ex.add(*(term_expr(t) for _, t in raw))
        steps = [Step("chain rule", first, uses)]
        plain = assemble(t for _, t in solved)
        steps.append(Step("delta elimination", tidy(plain, names)))
        folded = [(e, self.fold(t)) for e, t in solved]
        body = assemble(t for _, t in folded)
        if body != plain:
            steps.append(Step("named values", tidy(body, names), self._values_used(plain, body)))
        terms, sources = [t for _, t in folded], list(dict.fromkeys(e.target for e, _ in folded))
        settled = self.rows.totals.settle(terms)
        if settled is not None:
            terms, body = list(settled.terms), assemble(settled.terms)
            steps.append(Step("sums at hand", tidy(body, names), settled.uses))
        body, more, assumptions = self._composed(sources, terms, body, names)
        body = arranged(tidy(body, names), names)
        self.count += 1
        equation = Equation(self.prefix + tensor.name, kappa, body, self.count, origin=tensor.origin)
        consumers = self.sweep.consumers[tensor.name]
        exact = equation.with_body(unfolded(self._put_in(tensor, terms, body, names), tensor.name, consumers))
        joined = None if more else collapsed(terms, sources, self.found, self.composer, self.fold)
        if joined is not None:
            equation = equation.with_body(arranged(tidy(joined.body, names), names))
            more = [Step("composition", equation.body, joined.uses, "; ".join(joined.assumptions))]
            assumptions = joined.assumptions
        steps += more
        return Adjoint(tensor.name, equation, exact, tuple(_without_repeats(steps)), assumptions)

    def _composed(
        self, sources: list[str], terms: list[Term], body: ex.Expr, names: list[str]
    ) -> tuple[ex.Expr, list[Step], tuple[str, ...]]:
        singular = {name: self.found[name] for name in sources if self._singular(name)}
        steps = []
        if singular:
            forms = (self.composer.substitute(terms, singular, expand) for expand in (True, False))
            results = [self.composer.result(form) for form in forms if form is not None]
            if results:
                result = min(results, key=lambda found: sum(1 for _ in ex.walk(found.body)))
                uses = tuple(a.number for a in singular.values())
                note = "; ".join(result.assumptions)
                steps.append(Step("composition", tidy(result.body, names), uses, note))
                inherited = [a for adjoint in singular.values() for a in adjoint.assumptions]
                return result.body, steps, tuple(dict.fromkeys([*inherited, *result.assumptions]))
        upstream = {name: self.found[name] for name in sources if name in self.found}
        known = self._through_row_sums(upstream, terms, body)
        if known is not None:
            uses = tuple(a.number for a in upstream.values())
            note = "; ".join(known.assumptions)
            steps.append(Step("composition", tidy(known.body, names), uses, note))
            inherited = [a for adjoint in upstream.values() for a in adjoint.assumptions]
            return known.body, steps, tuple(dict.fromkeys([*inherited, *known.assumptions]))
        summed = self.rows.apply(terms)
        if summed.assumptions or summed.changed:
            new = assemble(summed.terms)
            steps.append(Step("sum of rows", tidy(new, names), (), "; ".join(summed.assumptions)))
            return new, steps, summed.assumptions
        return body, steps, ()

    def _put_in(self, tensor: Tensor, terms: list[Term], body: ex.Expr, names: list[str]) -> ex.Expr:
        """The right side for kernels: dA = 1/A of A = f(Z) is computed from Z, whether it cancels or not."""
        made = (e.target for e in self.sweep.consumers[tensor.name] if pointwise(e, tensor.name))
        singular = {name: self.found[name] for name in made if self._singular(name)}
        if {self.prefix + name for name in singular}.isdisjoint(ex.tensors_read(body)):
            return body
        put_in = assemble(part for term in terms for part in self.composer.put_in(term, singular))
        return arranged(tidy(put_in, names), names)

    def _through_row_sums(
        self, upstream: dict[str, Adjoint], terms: list[Term], body: ex.Expr
    ) -> Composed | None:
        """The right side with upstream adjoints put in, where that turns a sum of them into a known row sum.

        Of a log-softmax A with dA = -Y/N, dA - exp(A)*sum(dA) becomes (exp(A) - Y)/N.
        """
        if len(terms) < 2:
            return None
        summed_over = {_summed_alone(term) for term in terms}
        chosen = {name: a for name, a in upstream.items() if self.prefix + name in summed_over}
        composed = self.composer.substitute(terms, chosen) if chosen else None
        if composed is None or not self.rows.apply(composed).changed:
            return None
        result = self.composer.result(composed)
        replaced = _sums(body) + sum(_sums(adjoint.equation.body) for adjoint in chosen.values())
        return result if _sums(result.body) < replaced else None

    def _singular(self, name: str) -> bool:
        adjoint = self.found.get(name)
        return adjoint is not None and divides_by(adjoint.equation.body, name)

    def _uses(self, raw: Iterable[tuple[Equation, Term]]) -> tuple[int, ...]:
        """The consumers' forward equations and their adjoints."""
        numbers: list[int] = []
        for equation, _ in raw:
            upstream = self.found.get(equation.target)
            numbers += [equation.number, *([upstream.number] if upstream else [])]
        return tuple(dict.fromkeys(numbers))

    def _values_used(self, before: ex.Expr, after: ex.Expr) -> tuple[int, ...]:
        new = set(ex.tensors_read(after)) - set(ex.tensors_read(before))
        return tuple(e.number for e in self.network.equations if e.target in new)


def _tidied(equation: Equation) -> Equation:
    """Names were kept apart for the sweep; a reader and a loop are better served by i, j in every sum."""
    return equation.with_body(tidy(equation.body, [i.name for i in equation.free]))


def _summed_alone(term: Term) -> str:
    """The tensor that a term sums over with no other factor inside the sum, "" where there is none."""
    summed = [base for base, _ in term.split()[0]]
    return summed[0].tensor if len(summed) == 1 and isinstance(summed[0], ex.Read) else ""


def _sums(expr: ex.Expr) -> int:
    return sum(1 for node in ex.walk(expr) if isinstance(node, ex.Reduce))


def _without_repeats(steps: list[Step]) -> Iterator[Step]:
    last: ex.Expr | None = None
    for step in steps:
        if step.after != last or step.note:
            yield step
        last = step.after

