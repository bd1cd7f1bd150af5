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
        axes: list[Axes] = []
        holds: list[Domain] = []

        def body() -> ex.Expr:
            found = self.value(node.body)
            axes.append(found.axes)
            holds.extend(self._parts(node.conditions))
            return found.body

        added, letters = self.letters.within(names, body)
        # a sum of parts: where k is below i, and where it is above
        added = ex.add(*(ex.guard(domain, added) for domain in holds))
        for letter, item, lower in zip(letters, node.letters, node.lower, strict=True):
            added = self._summed(letter, item, lower, node.upper, added)
        return Array(axes[0], added)

    def _parts(self, conditions: tuple[tex.Comparison, ...]) -> list[Domain]:
        """The domains, apart from one another, in which conditions of letters hold."""
        found = [Domain()]
        for node in conditions:
            left, right = self._counted(node.left), self._counted(node.right)
            if left is None or right is None:
                self.fail(node.at, r"a condition below a sum is about letters, k \ne i or s \le t")
            self._learn_letters(node)
            found = [known & part for known in found for part in self._domains(node, left, right)]
        return found

    def _domains(self, node: tex.Comparison, left: Position, right: Position) -> list[Domain]:
        """Where one position is the same as, is not, or is on one side of another."""
        if sum(factor for _, factor in (left - right).terms):
            self.first(node.at)
        if node.op == "==":
            return [Domain.equal(left, right)]
        if node.op == "!=":
            return [Domain([Constraint("ge", high - low - 1)]) for high, low in ((right, left), (left, right))]
        low, high = (left, right) if node.op.startswith("<") else (right, left)
        return [Domain([Constraint("ge", high - low - (len(node.op) == 1))])]

    def _summed(
        self, letter: Letter, item: tex.Item, lower: tex.Node | None, upper: tex.Node | None, body: ex.Expr
    ) -> ex.Expr:
        own = letter.runs_over()
        start = self._start(item, lower)
        end = None if upper is None else self._counted(upper, own)
        if end is None and upper is not None and not self._is_free(upper):
            self.fail(upper.at, "this upper limit is no extent", "Leave the limits out to sum over the whole axis.")
        first = start.offset.constant if self.names.first is None and not start.terms else self.first(item.at)
        extent = own or (None if end is None or (end - start).terms else (end - start).offset + 1)
        if extent is None or first is None:
            self.fail(item.at, f"it is not clear what {item.text} runs over; it stands on no axis")
        position, limits = Position.of(letter.index) + first, list[Constraint]()
        if start != Position.of(first):
            limits.append(Constraint("ge", position - start))
        if end is not None and end != Position.of(extent) + (first - 1):
            limits.append(Constraint("ge", end - position))
            beyond = end.offset - extent - first + 1
            if not end.terms and (beyond.names or (beyond.constant or 0) > 0):
                counted = f"{extent} entries" + " counted from 0" * (first == 0)
                self.shape_fail(item.at, f"{item.text} runs over {counted}, and the sum ends at {end}")
        if limits:
            self.first(item.at)
        index, body = self.letters.bound(letter, extent, ex.guard(Domain(limits), body))
        return body if index is None else self._eliminated(index, body) or total([index], body)

    def _start(self, item: tex.Item, lower: tex.Node | None) -> Position:
        """Where a sum begins: a document that says nothing counts from the 0 or 1 at which it does."""
        if lower is None:
            return Position.of(1 if self.names.first is None else self.names.first)
        start = self._counted(lower)
        if start is None:
            self.fail(lower.at, "a sum begins at a whole number, a letter, or a sum of these")
        if start == Position.of(0) and self.names.first == 1:
            self.fail(item.at, "the sum begins at 0, and the document counts from 1")
        if self.names.first is None and start not in (Position.of(0), Position.of(1)):
            self.first(item.at)
        return start

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

    def _is_free(self, node: tex.Node) -> bool:
        """True of a name that means nothing, as a name for the extent of the axis."""
        return isinstance(node, tex.Symbol) and not (node.base in self.names.extents or self._found(node))

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
            return self._ordered(node, a, b)
        if any(p is not None and p.position is not None for p in (left, right)):
            hint = "Write [y_n = k] with an index k, or y_{nk} for the entries of one-hot rows."
            self.fail(node.at, "labels and indices are not compared with numbers; texts count them from 0 or 1", hint)
        numbers = self.value(node.left), self.value(node.right)
        compare = lambda x, y: ex.Where(ex.Compare(x, node.op, y), ex.ONE, ex.ZERO)  # noqa: E731
        return self.fit(node.at, "the comparison", lambda x, y: joined(compare, x, y), *numbers)

    def _counted(self, node: tex.Node, free: Extent | None = None) -> Position | None:
        """A sum of letters, integer tensors, extents and whole numbers as the document counts, or None.

        A name that means nothing is one for the extent `free`.
        """
        match node:
            case tex.Group():
                return self._counted(node.inner, free)
            case tex.Numeral():
                return Position.of(int(node.value)) if node.value.denominator == 1 else None
            case tex.Symbol() if node.letter in self.names.extents:
                return Position.of(Extent.of(node.base))
            case tex.Symbol() if free is not None and self._is_free(node) and node.letter not in self.letters:
                return Position.of(free)
            case tex.Symbol():
                return self.place_of(node)
            case tex.Negative():
                inner = self._counted(node.inner, free)
                return None if inner is None else inner * -1
            case tex.Binary(op="+" | "-"):
                left, right = self._counted(node.left, free), self._counted(node.right, free)
                if left is None or right is None:
                    return None
                return left + right if node.op == "+" else left - right
            case tex.Binary(op="" | r"\cdot", left=tex.Numeral() as factor) if factor.value.denominator == 1:
                inner = self._counted(node.right, free)
                return None if inner is None else inner * int(factor.value)
        return None

    def _ordered(self, node: tex.Comparison, left: Position, right: Position) -> Array:
        """1 where two positions are the same, or are not, or one is the larger one."""
        if node.op == "!=":
            return scalar(minus(ex.ONE, ex.guard(Domain.equal(left, right), ex.ONE)))
        (domain,) = self._domains(node, left, right)
        return scalar(ex.guard(domain, ex.ONE))

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
        letters = self._learn_letters(node)
        for array in (left, right):
            atom = array.position.atom if array.position is not None else None
            if isinstance(atom, Gather) and len(letters) == 1:
                high = next((m.tensor.high for m in self.names.tensors.values() if m.tensor.name == atom.tensor), None)
                if letters[0].extent is None:
                    letters[0].extent, letters[0].words = high, "the labels"

    def _learn_letters(self, node: tex.Comparison) -> list[Letter]:
        """The letters of a comparison; two of them run over the same."""
        sides = (node.left, node.right)
        letters = [self.letters[n.base] for n in sides if isinstance(n, tex.Symbol) and n.base in self.letters]
        if len(letters) == 2:
            letters[0].alike.append(letters[1])
            letters[1].alike.append(letters[0])
        return letters

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
        whole = values[-1]
        if len(values) == len(node.conditions) and not _is_rest(node.conditions):
            hint = r"Write \text{otherwise} for the last case."
            self.fail(node.at, "it is not clear what holds where no condition does", hint)
        chosen = zip(values[:-1], node.conditions, strict=False)  # the condition of the last value is the rest
        for value, comparison in reversed(list(chosen)):
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


OPPOSITE = {"<": ">=", ">=": "<", ">": "<=", "<=": ">", "==": "!=", "!=": "=="}
MIRRORED = {"<": ">", ">": "<", "<=": ">=", ">=": "<=", "==": "==", "!=": "!="}


def _is_rest(conditions: tuple[tex.Comparison, ...]) -> bool:
    """True where the last condition holds wherever one before it does not: z > 0 and z <= 0."""
    *before, last = conditions
    left, right = tex.unplaced(last.left), tex.unplaced(last.right)
    rest = [(left, OPPOSITE[last.op], right), (right, MIRRORED[OPPOSITE[last.op]], left)]
    return any((tex.unplaced(c.left), c.op, tex.unplaced(c.right)) in rest for c in before)
