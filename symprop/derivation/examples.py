"""What each example of a batch adds: gradients of the loss of one row alone, and their products.

Enters: a derivation.  Leaves: a `Quantity`.  The loss of a row is that of a batch of this row alone, so that a mean
over the batch loses its 1/N.  The gradient of row n by W is gW[n, ...]; the empirical Fisher product has parts FW.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace

from symprop.derivation.derive import derive
from symprop.derivation.normalise import normalise
from symprop.derivation.products import VECTOR, compared, from_loss, parameters, refuse_parameters_in_loss, tidied
from symprop.derivation.rowwise import rows_alone, shared
from symprop.derivation.tangents import Moving, moved
from symprop.derivation.values import Adjoint, Derivation, Quantity
from symprop.language import Equation, Index, Network, Position, Tensor
from symprop.language import expressions as ex
from symprop.language.definitions import extent
from symprop.network.layout import by_rows, rest_of, row_of
from symprop.network.shapes import BATCH

ROW, FISHER = "g", "F"


def per_example_gradients(derivation: Derivation) -> Quantity:
    """The gradient of the loss of every row alone, penalties included.

    An array (N, *W) for each parameter W; (*W, N) where examples are columns.

    Raises:
        InputError: a row depends on others by their place, or a name is taken.
    """
    wrt, network = parameters(derivation), normalise(derivation.network)
    alone = rows_alone(network, wrt, network.loss)
    found = derive(_total(alone, network.loss), prefix=ROW)
    words = "The loss of a row is that of a batch of this row alone, penalties included; L is their sum."
    adjoints = tuple(_without_own(a, wrt, network.layout) for a in found)
    plain = tuple(e.with_body(shared(e.body, wrt, network.layout)) for e in found.network.equations)
    tensors = {**found.network.tensors, **{name: network.tensors[name] for name in wrt}}
    made = replace(found.network, tensors=tensors, equations=plain, notes=(words, *network.notes), optimizer=None)
    results = tuple((name, ROW + name) for name in wrt)
    equations = (*plain, *(a.exact for a in adjoints))
    shown = replace(found, network=made, adjoints=adjoints, kind="adjoint of a row")
    return Quantity("per_example", shown, equations, results, (), words)


def empirical_fisher_product(derivation: Derivation) -> Quantity:
    """(1/N) sum over rows of g (g . v), with g the gradient of the row's loss alone, without penalties.

    g . v is the sum of dl/dZ*vZ over what the loss l of a row compares, Z; the reverse sweep weighted by it gives the
    sum over the rows.

    Raises:
        InputError: as `per_example_gradients`, or a parameter stands in the loss itself beside penalties.
    """
    wrt, network = parameters(derivation), normalise(derivation.network)
    alone = _without_penalties(rows_alone(network, (), network.loss))
    first = derive(_total(alone, network.loss), prefix=ROW)
    tops = compared(first)
    own = {a.equation.target for a in first}
    refuse_parameters_in_loss(first, "empirical_fisher")
    given = {VECTOR + p: replace(network.tensors[p], name=VECTOR + p, role="input") for p in wrt}
    forward = replace(first.network, tensors={**first.network.tensors, **given})
    tangents = moved(forward, Moving(wrt, VECTOR), tops)
    weight = _projection([first[t] for t in tops], own, VECTOR + network.loss, network.layout)
    swept = derive(_total(alone, network.loss, weight.tensor), prefix=FISHER)
    before = _numbered([*first.network.equations, *tangents, weight])
    kept = _counted((a for a in swept if a.tensor != weight.tensor), len(before))
    words = "The empirical Fisher product: the mean over the rows of g (g . v), g the gradient of a row's loss."
    made = {e.target: Tensor(e.target, tuple(map(extent, e.indices)), origin=e.origin) for e, _ in before}
    whole = replace(
        swept.network,
        tensors={**made, **forward.tensors},
        equations=tidied(e for e, _ in before),
        notes=(words, *network.notes),
        optimizer=None,
    )
    return Quantity(
        "empirical_fisher",
        replace(swept, network=whole, adjoints=kept, kind="weighted adjoint"),
        (*(exact for _, exact in before), *(a.exact for a in kept)),
        tuple((p, FISHER + p) for p in wrt),
        tuple((p, VECTOR + p) for p in wrt),
        words,
    )


def _total(network: Network, loss: str, weight: str = "") -> Network:
    """The network whose loss is the sum over the rows, or the mean of the losses times a weight that is given."""
    last = network.equations[-1]
    body = last.body
    if weight:
        body = ex.divide(ex.mul(ex.Read(weight, last.indices), body), ex.size(Position.of(BATCH)))
    total = replace(last, target=loss, indices=(), body=_summed(body, last.free))
    tensors = {name: t for name, t in network.tensors.items() if name != network.loss}
    tensors[loss] = Tensor(loss, (), role="loss")
    if weight:
        tensors[weight] = Tensor(weight, (BATCH,), role="input")
    return normalise(replace(network, tensors=tensors, equations=(*network.equations[:-1], total), loss=loss))


def _summed(body: ex.Expr, rows: Sequence[Index]) -> ex.Expr:
    """The sum over the rows, term by term, one sum where there was a sum over the rest of the row."""
    if isinstance(body, ex.Add):
        return ex.add(*(_summed(term, rows) for term in body.terms))
    if isinstance(body, ex.Reduce) and body.op == "sum":
        return ex.reduce_("sum", [*rows, *body.indices], body.body, body.domain)
    factors = body.factors if isinstance(body, ex.Mul) else (body,)
    outside = [f for f in factors if not ex.free_indices(f)]
    inside = [f for f in factors if ex.free_indices(f)]
    if len(inside) == 1 and outside:
        return ex.mul(*outside, _summed(inside[0], rows))
    return ex.mul(*outside, ex.reduce_("sum", rows, ex.mul(*inside)))


def _projection(adjoints: Sequence[Adjoint], own: Collection[str], target: str, layout: str) -> Adjoint:
    """The sum of all entries of a row of dl/dZ*vZ, for readers and for kernels."""
    row = row_of(adjoints[0].equation.indices, layout)
    equation, exact = (
        Equation(target, (row,), ex.add(*(_row_sum(e, own, layout) for e in form)))
        for form in ([a.equation for a in adjoints], [a.exact for a in adjoints])
    )
    return Adjoint(target, equation, exact)


def _row_sum(adjoint: Equation, own: Collection[str], layout: str) -> ex.Expr:
    rest = [i for p in rest_of(adjoint.indices, layout) for i in p.index_atoms()]
    tangent = ex.Read(VECTOR + adjoint.target.removeprefix(ROW), adjoint.indices)
    product = ex.mul(from_loss(adjoint.body, own)[0], tangent)
    return ex.reduce_("sum", rest, product) if rest else product


def _numbered(items: Iterable[Equation | Adjoint]) -> list[tuple[Equation, Equation]]:
    """Equations for readers and for kernels, numbered from 1."""
    pairs = [(i.equation, i.exact) if isinstance(i, Adjoint) else (i, i) for i in items]
    return [(replace(e, number=k), replace(exact, number=k)) for k, (e, exact) in enumerate(pairs, 1)]


def _without_penalties(network: Network) -> Network:
    """The loss of a row without terms that no data enter."""
    given = network.of_role("input", "target", "sample")
    data = network.downstream(t.name for t in given if by_rows(t, network.layout))
    last = network.equations[-1]
    terms = last.body.terms if isinstance(last.body, ex.Add) else (last.body,)
    kept = ex.add(*(t for t in terms if data & set(ex.tensors_read(t))))
    return replace(network, equations=(*network.equations[:-1], last.with_body(kept)))


def _without_own(adjoint: Adjoint, own: Collection[str], layout: str) -> Adjoint:
    """The adjoint with parameters read as the rows share them."""
    steps = tuple(replace(s, after=shared(s.after, own, layout)) for s in adjoint.steps)
    equation, exact = (e.with_body(shared(e.body, own, layout)) for e in (adjoint.equation, adjoint.exact))
    return replace(adjoint, equation=equation, exact=exact, steps=steps)


def _counted(adjoints: Iterable[Adjoint], before: int) -> tuple[Adjoint, ...]:
    """The adjoints numbered on from the equations before them, as their steps cite them."""
    kept = tuple(adjoints)
    number = {a.number: k for k, a in enumerate(kept, before + 1)}
    return tuple(_renumbered(a, number) for a in kept)


def _renumbered(adjoint: Adjoint, number: dict[int, int]) -> Adjoint:
    new = number[adjoint.number]
    steps = tuple(replace(s, uses=tuple(number.get(u, u) for u in s.uses)) for s in adjoint.steps)
    equation, exact = replace(adjoint.equation, number=new), replace(adjoint.exact, number=new)
    return replace(adjoint, equation=equation, exact=exact, steps=steps)
