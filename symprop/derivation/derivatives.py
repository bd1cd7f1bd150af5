"""Derivatives inside a network: derivative(u[n], x[n,i]) as a read of a tensor that equations define.

Enters: a network in whose formulas such calls may stand, as in the residual of a differential equation.  Leaves: one in
which each is a read of Dx_u, the tangent of u along unit directions of x, defined before it is read; of second order
Dx_Dx_u.  From then on these are equations like any others: the loss is differentiated through them.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from symprop.derivation.rowwise import refuse_mixed_rows
from symprop.derivation.tangents import Moving, moved, unit_indices
from symprop.errors import Fault, InputError
from symprop.language import Equation, Network, Tensor
from symprop.language import expressions as ex
from symprop.language.definitions import extent
from symprop.language.scope import DERIVATIVE
from symprop.network.layout import by_rows, rest_of, row_of, with_further


def with_derivatives(network: Network) -> Network:
    """The network with every derivative defined by equations before the one that reads it.

    Raises:
        InputError: a derivative is by a tensor that does not enter, holds integers, or of another row.
    """
    if not any(_calls(e) for e in network.equations):
        return network
    expansion = _Expansion(network)
    for equation in network.equations:
        expansion.add(equation)
    return replace(network, tensors=expansion.tensors, equations=tuple(expansion.equations))


def _calls(equation: Equation) -> list[ex.Call]:
    return [node for node in ex.walk(equation.body) if isinstance(node, ex.Call) and node.name == DERIVATIVE]


class _Expansion:
    """The equations so far, and the tangents among them."""

    def __init__(self, network: Network) -> None:
        self.network = network
        self.tensors = dict(network.tensors)
        self.equations: list[Equation] = []
        self.known: dict[str, frozenset[str]] = {}

    def add(self, equation: Equation) -> None:
        """The equation with its derivatives read, behind those that define them."""
        reads = {call: self._read(call, equation) for call in _calls(equation)}
        if not reads:
            self.equations.append(equation)
            return
        body = ex.transform(equation.body, lambda node: reads.get(node, node) if isinstance(node, ex.Call) else node)
        self.equations.append(equation.with_body(body))

    def _read(self, call: ex.Call, equation: Equation) -> ex.Expr:
        found, *others = (arg for arg in call.args if isinstance(arg, ex.Read))
        source, above = found.tensor, self._so_far().upstream([found.tensor])
        for by in others:
            if by.tensor not in above or by.tensor == source or self.tensors[by.tensor].dtype != "real":
                message = f"expected a tensor of numbers that {source} depends on"
                raise _fault(equation, f"the derivative of {source} by {by.tensor}; {message}")
            alone = self._of_one_row(found, by, equation)
            name = self._tangent(found.tensor, by.tensor, alone)
            if name is None:
                return ex.ZERO
            layout = self.network.layout
            own = rest_of(by.indices, layout) if alone else by.indices
            found = ex.Read(name, with_further(self.tensors[found.tensor], found.indices, own, layout))
        return found

    def _of_one_row(self, of: ex.Read, by: ex.Read, equation: Equation) -> bool:
        """True where both are of one row of the batch, false where x has no rows."""
        layout = self.network.layout
        if not by_rows(self.tensors[by.tensor], layout):
            return False
        row = row_of(by.indices, layout).index
        if row is None or not by_rows(self.tensors[of.tensor], layout) or row_of(of.indices, layout).index != row:
            end = "end" if layout == "columns" else "begin"
            message = f"{ex.Call(DERIVATIVE, [of, by])} is not of one row; expected both to {end} with the same index"
            raise _fault(equation, message)
        return True

    def _so_far(self) -> Network:
        return replace(self.network, tensors=self.tensors, equations=tuple(self.equations))

    def _tangent(self, of: str, by: str, alone: bool) -> str | None:
        """The name of the tangent, whose equations are there; None where it is zero everywhere."""
        prefix = f"D{by}_"
        known = self.known.get(prefix, frozenset())
        if prefix + of in known:
            return prefix + of
        so_far = self._so_far()
        x, needed = self.tensors[by], so_far.upstream([of])
        path = replace(so_far, equations=tuple(e for e in self.equations if e.target in needed))
        if alone:
            refuse_mixed_rows(path, of, by)
        moving = Moving((by,), prefix, unit_indices(so_far, x, alone), alone, known)
        self._define(prefix, (t.equation for t in moved(path, moving, [of])))
        return prefix + of if prefix + of in self.known.get(prefix, ()) else None

    def _define(self, prefix: str, tangents: Iterable[Equation]) -> None:
        for made in tangents:
            self.known[prefix] = self.known.get(prefix, frozenset()) | {made.target}
            axes = tuple(map(extent, made.indices))
            self.tensors[made.target] = Tensor(made.target, axes, origin=made.origin)
            self.equations.append(replace(made, number=0))


def _fault(equation: Equation, message: str) -> InputError:
    return InputError(Fault(equation.where or f"equation '{equation.target}'", message))
