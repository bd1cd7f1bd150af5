"""Positions, extents and domains as the text of integer expressions and conditions.

Enters: index values of the language.  Leaves: text; indices are loop variables, integer tensors are read in place.
"""

from __future__ import annotations

from collections.abc import Mapping

from symprop.codegen.naming import Names
from symprop.errors import Fault, FormulaError
from symprop.language import Compound, Domain, Extent, Index, Position
from symprop.language.indices import Atom, Constraint, within


class Positions:
    """Index arithmetic in the names of one function.

    Args:
        names: identifiers.
        ranges: extents that the values of integer tensors lie in.
    """

    def __init__(self, names: Names, ranges: Mapping[str, Extent]) -> None:
        self.names, self.ranges = names, ranges

    def extent(self, value: Extent) -> str:
        """An extent; the only name it may hold is the batch's, N."""
        loose = sorted(value.names - {"N"})
        if loose:
            message = f"extent {loose[0]} has no value; expected an integer, only the batch extent N is open"
            raise FormulaError(Fault(f"extent '{value}'", message, "Give the axis a number."))
        return str(value)

    def position(self, value: Position) -> str:
        """A position as a sum of terms."""
        text = ""
        for atom, coefficient in value.terms:
            body = self._atom(atom)
            body = body if abs(coefficient) == 1 else f"{abs(coefficient)} * {body}"
            text += (" - " if coefficient < 0 else " + ") + body if text else ("-" if coefficient < 0 else "") + body
        if not text:
            return self.extent(value.offset)
        if not value.offset.terms:
            return text
        rest = self.extent(value.offset)
        return f"{text} - {rest[1:]}" if rest.startswith("-") else f"{text} + {rest}"

    def _atom(self, atom: Atom) -> str:
        if isinstance(atom, Index):
            return self.names.index(atom.name)
        if isinstance(atom, Compound):
            return self._compound(atom)
        return f"{self.names.tensor(atom.tensor)}[{', '.join(map(self.position, atom.positions))}]"

    def _compound(self, atom: Compound) -> str:
        text = self.position(atom.parts[0])
        for part, radix in zip(atom.parts[1:], atom.radices[1:], strict=True):
            text = f"({text}) * {self._factor(radix)} + {self.position(part)}"
        return f"({text})"

    def _factor(self, value: Extent) -> str:
        return self.extent(value) if len(value.terms) == 1 else f"({self.extent(value)})"

    def inside(self, value: Position, extent: Extent) -> list[str]:
        """Conditions under which a position is within an axis; none where that is proved."""
        if within(value, extent, self.ranges):
            return []
        bounds = value.bounds(self.ranges)
        text = self.position(value)
        low = bounds is not None and bounds[0].at_least(0)
        high = bounds is not None and (extent - bounds[1]).at_least(1)
        if not low and not high:
            return [f"0 <= {text} < {self.extent(extent)}"]
        return [f"{text} < {self.extent(extent)}"] if low else [f"{text} >= 0"]

    def condition(self, constraint: Constraint) -> str:
        """A constraint with its terms on the sides where they are positive: t - s >= 0 as t >= s."""
        left = Position({a: c for a, c in constraint.position.terms if c > 0})
        right = left - constraint.position
        sign = ">=" if constraint.kind == "ge" else "=="
        return f"{self.position(left)} {sign} {self.position(right)}"

    def domain(self, domain: Domain) -> str:
        """All constraints of a domain that are not proved."""
        open_ = [c for c in domain.constraints if c.verdict(self.ranges) is not True]
        return " and ".join(map(self.condition, open_))
