r"""Sums over letters, and conditions: `\sum_{k \ne i}`, `[z > 0]`, cases.

Enters: syntax nodes.  Leaves: arrays.
"""

from __future__ import annotations

from symprop.frontends.arrays import Array, Axes, behind, elementwise, scalar, total
from symprop.frontends.latex import nodes as tex
from symprop.frontends.latex.derivatives import Derivatives
from symprop.frontends.latex.letters import Letter
from symprop.frontends.latex.shapes import joined
from symprop.language import Constraint, Domain, Extent, Gather, Index, Position
from symprop.language import expressions as ex


def minus(a: ex.Expr, b: ex.Expr) -> ex.Expr:
    """a - b."""
    return ex.add(a, ex.negate(b))


class Sums(Derivatives):
    """A formula whose sums and conditions are read."""

    def value(self, node: tex.Node) -> Array:
        """The array of a node, as numbers."""
        raise TypeError

    def meaning(self, node: tex.Node) -> Array:
        """The array of a node."""
        raise TypeError

    def summation(self, node: tex.Summation) -> Array:
        """A sum over letters."""
        names = [item.text for item in node.letters]
        if len(set(names)) < len(names):
            self.fail(node.at, "a letter stands twice below a sum")
        outer = None if node.unequal is None else self.letter(node.unequal)
        axes: list[Axes] = []

        def body() -> ex.Expr:
            found = self.value(node.body)
            axes.append(found.axes)
            return found.body

        added, letters = self.letters.within(names, body)
        for letter, item in zip(letters, node.letters, strict=True):
            added = self._summed(letter, item, node, added, outer)
        return Array(axes[0], added)

    def _summed(
        self, letter: Letter, item: tex.Item, node: tex.Summation, body: ex.Expr, outer: Letter | None
    ) -> ex.Expr:
        upper = None if node.upper is None else self._upper(node.upper)
        if item.start == 0:
            if self.first(item.at):
                self.fail(item.at, "the sum begins at 0, and the document counts from 1")
            upper = None if upper is None else upper + 1
        if outer is not None:
            letter.alike.append(outer)
            outer.alike.append(letter)
        extent = letter.runs_over() or upper
        if extent is None:
            self.fail(item.at, f"it is not clear what {item.text} runs over; it stands on no axis")
        if upper is not None and upper != extent:
            self.shape_fail(item.at, f"{item.text} runs over {extent} entries, and the sum ends at {upper}")
        index, body = self.letters.bound(letter, extent, body)
        if index is None:
            return ex.ZERO if outer is not None else body
        if outer is None:
            return self._eliminated(index, body) or total([index], body)
        own, other = Position.of(index), Position.of(outer.index)
        below = ex.reduce_("sum", [index], body, Domain([Constraint("ge", other - own - 1)]))
        above = ex.reduce_("sum", [index], body, Domain([Constraint("ge", own - other - 1)]))
        return ex.add(below, above)

    def _eliminated(self, index: Index, body: ex.Expr) -> ex.Expr | None:
        """A sum over a Kronecker delta: the summand at the other index, where both run over the same."""
        domain = body.domain if isinstance(body, ex.Guard) else Domain()
        for constraint in domain.constraints:
            other = self._partner(index, constraint)
            if other is not None and isinstance(body, ex.Guard):
                kept = Domain(c for c in domain.constraints if c != constraint)
                return ex.substitute(ex.guard(kept, body.body), {index: Position.of(other)})
        return None

    def _partner(self, index: Index, constraint: Constraint) -> Index | None:
        """The index that a constraint says an index is equal to, if it has the same extent."""
        terms = dict(constraint.position.terms)
        if constraint.kind != "eq" or constraint.position.offset.terms or sorted(terms.values()) != [-1, 1]:
            return None
        other = next((atom for atom in terms if atom != index), None)
        if index not in terms or not isinstance(other, Index):
            return None
        letter = next((x for x in self.letters.known.values() if x.index == other), None)
        extent = other.extent if letter is None else letter.runs_over()
        return other if extent == index.extent else None

    def _upper(self, node: tex.Node) -> Extent | None:
        """The upper limit as an extent; a name that means nothing is a name for it."""
        if isinstance(node, tex.Symbol) and not (node.base in self.names.extents or self._found(node)):
            return None
        extent = self.meaning(node).extent
        if extent is None:
            self.fail(node.at, "this upper limit is no extent", "Leave the limits out to sum over the whole axis.")
        return extent

    def indicator(self, node: tex.Indicator) -> Array:
        """1 where all conditions hold, 0 elsewhere."""
        found = [self.condition(c) for c in node.conditions]
        whole = found[0]
        for other in found[1:]:
            whole = self.fit(node.at, "the conditions", lambda a, b: joined(ex.mul, a, b), whole, other)
        return whole.real()

    def condition(self, node: tex.Comparison) -> Array:
        """A mask: of letters and labels by position, of numbers by their values."""
        left, right = self._position(node.left), self._position(node.right)
        # labels that are read as one-hot rows have no position
        if left is not None and right is not None and None not in (left.position, right.position):
            return self._of_positions(node, left, right)
        a, b = self._counted(node.left), self._counted(node.right)
        if a is not None and b is not None and (a.terms or b.terms):
            self.first(node.at)
            return self._ordered(node, a, b)
        if any(p is not None and p.position is not None for p in (left, right)):
            hint = "Write [y_n = k] with an index k, or y_{nk} for the entries of one-hot rows."
            self.fail(node.at, "labels and indices are not compared with numbers; texts count them from 0 or 1", hint)
        numbers = self.value(node.left), self.value(node.right)
        compare = lambda x, y: ex.Where(ex.Compare(x, node.op, y), ex.ONE, ex.ZERO)  # noqa: E731
        return self.fit(node.at, "the comparison", lambda x, y: joined(compare, x, y), *numbers)

    def _counted(self, node: tex.Node) -> Position | None:
        """A sum of letters, integer tensors, extents and whole numbers as the document counts, or None."""
        match node:
            case tex.Group():
                return self._counted(node.inner)
            case tex.Numeral():
                return Position.of(int(node.value)) if node.value.denominator == 1 else None
            case tex.Symbol() if node.letter in self.names.extents:
                return Position.of(Extent.of(node.base))
            case tex.Symbol():
                return self.place_of(node)
            case tex.Negative():
                inner = self._counted(node.inner)
                return None if inner is None else inner * -1
            case tex.Binary(op="+" | "-"):
                left, right = self._counted(node.left), self._counted(node.right)
                if left is None or right is None:
                    return None
                return left + right if node.op == "+" else left - right
            case tex.Binary(op="" | r"\cdot", left=tex.Numeral() as factor) if factor.value.denominator == 1:
                inner = self._counted(node.right)
                return None if inner is None else inner * int(factor.value)
        return None

    def _ordered(self, node: tex.Comparison, left: Position, right: Position) -> Array:
        """1 where two positions are the same, or are not, or one is the larger one."""
        if node.op not in ("==", "!="):
            low, high = (left, right) if node.op.startswith("<") else (right, left)
            return scalar(ex.guard(Domain([Constraint("ge", high - low - (len(node.op) == 1))]), ex.ONE))
        equal = ex.guard(Domain.equal(left, right), ex.ONE)
        return scalar(equal if node.op == "==" else minus(ex.ONE, equal))

    def _position(self, node: tex.Node) -> Array | None:
        """A letter, or an entry of labels, as a position; None for anything else."""
        if not isinstance(node, tex.Symbol):
            return None
        if node.base in self.letters and not (node.below or node.label or node.plain):
            return Array((), ex.IndexValue(Position.of(self.letters[node.base].index)), "integer")
        found = self._found(node)
        meaning = self.names.tensor(found[0].name) if len(found) == 1 else None
        if meaning is None or meaning.tensor.dtype != "integer":
            return None
        return self.meaning(node)

    def _of_positions(self, node: tex.Comparison, left: Array, right: Array) -> Array:
        a, b = left.position, right.position
        assert a is not None and b is not None
        self._learn(node, left, right)
        if left.axes or right.axes:
            self.fail(node.at, "indices and labels are only compared for equality, entry by entry")
        return self._ordered(node, a, b)

    def _learn(self, node: tex.Comparison, left: Array, right: Array) -> None:
        """A letter that is compared with a label runs over the classes; two letters run over the same."""
        sides = [(node.left, left), (node.right, right)]
        letters = [self.letters[n.base] for n, _ in sides if isinstance(n, tex.Symbol) and n.base in self.letters]
        if len(letters) == 2:
            letters[0].alike.append(letters[1])
            letters[1].alike.append(letters[0])
        for _, array in sides:
            atom = array.position.atom if array.position is not None else None
            if isinstance(atom, Gather) and len(letters) == 1:
                high = next((m.tensor.high for m in self.names.tensors.values() if m.tensor.name == atom.tensor), None)
                if letters[0].extent is None:
                    letters[0].extent, letters[0].words = high, "the labels"

    def block(self, node: tex.Block) -> Array:
        """Matrices beside and below one another: columns on the last axis, rows on the one before."""
        rows = [self._beside(node, [self.value(part) for part in row], -1) for row in node.rows]
        return self._beside(node, rows, -2)

    def _beside(self, node: tex.Block, parts: list[Array], axis: int) -> Array:
        if len(parts) == 1:
            return parts[0]
        rank = len(parts[0].axes)
        if rank + axis < 0:
            self.fail(node.at, "the parts of a block matrix are whole arrays; numbers and entries cannot stand here")
        return self.fit(node.at, "the block matrix", lambda *found: behind(found, rank + axis, self.new), *parts)

    def cases(self, node: tex.Cases) -> Array:
        """A choice."""
        values = [self.value(v) for v in node.values]
        whole = values[-1] if len(values) > len(node.conditions) else None
        if whole is None:
            hint = r"Write \text{otherwise} for the last case."
            self.fail(node.at, "it is not clear what holds where no condition does", hint)
        for value, comparison in reversed(list(zip(values[:-1], node.conditions, strict=True))):
            mask = self.condition(comparison)
            whole = self._chosen(node, mask, value, whole)
        return whole

    def _chosen(self, node: tex.Cases, mask: Array, then: Array, otherwise: Array) -> Array:
        def pick(m: ex.Expr, a: ex.Expr, b: ex.Expr) -> ex.Expr:
            condition = m.condition if isinstance(m, ex.Where) else ex.Compare(m, "!=", ex.ZERO)
            return ex.where(condition, a, b)

        for other in (then, otherwise):
            self.fit(node.at, "the cases", lambda a, b: joined(ex.mul, a, b), mask, other)
        return self.fit(node.at, "the cases", lambda m, a, b: elementwise(pick, m, a, b), mask, then, otherwise)
