"""NumPy notation to equations of the language: assignments, and names used again.

Enters: text, and what its names mean.  Leaves: an equation for every assignment, over names of their own: a name that
is used for another value is another tensor.  Nothing is evaluated by Python.
"""

from __future__ import annotations

import ast
from collections.abc import Sequence
from dataclasses import dataclass, replace

from symprop.frontends.arrays import Array, shape_text
from symprop.frontends.bench import Label
from symprop.frontends.expressions import CONSTANTS, PREFIXES, Expressions, symbol
from symprop.frontends.names import Meaning, Names
from symprop.frontends.naming import named
from symprop.frontends.operations.indexing import assigned
from symprop.frontends.operations.operators import binary
from symprop.frontends.program import Locate
from symprop.language import Equation, Extent, Position, Tensor
from symprop.language import expressions as ex
from symprop.language.syntax import Place, kind_of


@dataclass(frozen=True)
class Assigned:
    """One value of a text.

    Args:
        name: as the text calls it.
        tensor: what the value is stored under.
        equations: of the value, after those of what it needs; the last one is its own.
        place: where it stands.
        reads: labels of the tensors it reads directly, of all its equations.
    """

    name: str
    tensor: Tensor
    equations: tuple[Equation, ...]
    place: Place

    @property
    def reads(self) -> tuple[str, ...]:
        """Names of the tensors that the value is computed from, its own helpers left out."""
        own = {e.target for e in self.equations}
        found = dict.fromkeys(name for e in self.equations for name in ex.tensors_read(e.body))
        return tuple(name for name in found if name not in own)


class Notation(Expressions):
    """One text whose assignments are read; arguments as of `Expressions`."""

    name = ""
    """What a text whose shapes do not fit is about, where it is about one thing."""
    also: tuple[str, ...] = ()
    """Other names of the value."""
    restates = False
    """Whether a name that is given twice is claimed twice; here it is assigned another value."""

    def __init__(
        self, text: str, names: Names, label: Label, where: str = "formula", locate: Locate | None = None
    ) -> None:
        super().__init__(text, names, label, where, locate)
        self.roots: dict[str, str] = {}
        self.found: list[Assigned] = []

    # -- whole texts ---------------------------------------------------------------------------------------------

    def formula(self, name: str) -> list[Assigned]:
        """The values of a text of statements, of which the last one, an expression or an assignment, is the value."""
        *above, last = self.statements()
        found = self._run(above)
        if isinstance(last, ast.Expr):
            self._store(name, last, self.value(last.value))
            return self.found
        self._statement(last)
        if not found or not isinstance(last, ast.Assign | ast.AugAssign):
            self.fail(last, "the last statement of a claim is an assignment; its value is the claim")
        return found

    def program(self) -> list[Assigned]:
        """The values of all assignments."""
        return self._run(self.statements())

    def loss(self, name: str) -> list[Assigned]:
        """The values of a text whose last statement is the loss: an assignment, or a formula, which is named `name`."""
        *above, last = self.statements()
        self._run(above)
        before = len(self.found)
        if isinstance(last, ast.Expr):
            self._store(name, last, self.value(last.value))
        else:
            self._statement(last)
        if len(self.found) == before:
            self.fail(last, "the last statement is no formula of the arguments; expected the loss")
        return self.found

    def free_names(self) -> list[str]:
        """The names that are read before they are assigned to, in order, without functions and constants."""
        found: dict[str, None] = {}
        known = {*PREFIXES, *CONSTANTS, *self.names.extents}
        for statement in self.statements():
            nodes = list(ast.walk(statement))
            called = {id(node.func) for node in nodes if isinstance(node, ast.Call)}
            names = [node for node in nodes if isinstance(node, ast.Name) and id(node) not in called]
            in_place = isinstance(statement, ast.AugAssign)
            read = [node for node in names if isinstance(node.ctx, ast.Load) or in_place]
            read.sort(key=lambda node: (node.lineno, node.col_offset))
            found.update((node.id, None) for node in read if node.id not in known)
            known |= {node.id for node in names if isinstance(node.ctx, ast.Store)}
        return list(found)

    def line(self, place: Place) -> str:
        """The line of the text that a value stands on."""
        return self.text.split("\n")[place.line - 1].strip()

    def _run(self, statements: Sequence[ast.stmt]) -> list[Assigned]:
        for statement in statements:
            self.name = _assigned_name(statement)
            self._statement(statement)
        return self.found

    def _statement(self, node: ast.stmt) -> None:
        match node:
            case ast.Assign(targets=[ast.Name() as name]):
                self._bind(name, node, self.value(node.value))
                self._alias(name.id, node.value)
            case ast.Assign(targets=[ast.Tuple() as names]):
                self._unpack(names, node.value)
            case ast.Assign(targets=[ast.Subscript(value=ast.Name() as name) as place]):
                self._put(node, name, place, None, self.value(node.value))
            case ast.AugAssign(target=ast.Name() as name):
                self._in_place(node, name)
            case ast.AugAssign(target=ast.Subscript(value=ast.Name() as name) as place):
                self._put(node, name, place, node.op, self.value(node.value))
            case ast.Expr():
                self.fail(node, "a formula that is assigned to nothing; expected name = formula")
            case ast.Assign():
                self.fail(node, "this cannot be assigned to; expected one name, or a name with subscripts")
            case _:
                self.fail(node, f"{kind_of(node)} cannot stand in a claim; expected assignments and formulas")

    def _unpack(self, names: ast.Tuple, value: ast.expr) -> None:
        """`N, D = X.shape`."""
        if not (isinstance(value, ast.Attribute) and value.attr == "shape"):
            self.fail(names, "several names are assigned at once only from a shape, N, D = X.shape")
        shape = self.value(value.value).shape
        if len(shape) != len(names.elts):
            self.shape_fail(names, f"{len(names.elts)} names are given to a shape of {len(shape)} axes")
        for target, extent in zip(names.elts, shape, strict=True):
            if not isinstance(target, ast.Name):
                self.fail(target, "a name is expected")
            self._bind(target, target, Array((), ex.size(Position.of(extent)), "integer"))

    def _bind(self, name: ast.Name, node: ast.AST, value: Array) -> None:
        self._check_name(name, value)
        if value.kind == "integer":
            self.local[name.id] = value
            return
        self._store(name.id, node, value)

    def _check_name(self, name: ast.Name, value: Array) -> None:
        if name.id in self.names.extents and value.extent != Extent.of(name.id):
            self.fail(name, f"'{name.id}' is an extent and cannot be assigned to", "Choose another name.")
        if name.id in self.known_functions() | {"np", "numpy", "pi"}:
            self.fail(name, f"'{name.id}' is a function and cannot be assigned to", "Choose another name.")

    def _store(self, name: str, node: ast.AST, value: Array) -> None:
        """Give a value a name of its own, and keep its equations."""
        label = self.label(name, sum(1 for a in self.found if a.name == name))
        left, body = named(value.axes, value.body)
        tensor = Tensor(label, value.shape)
        equations = (*self.bench.taken(), Equation(label, tuple(map(Position.of, left)), body))
        place = Place.of(node)
        self.found.append(Assigned(name, tensor, equations, place))
        self.local[name] = Meaning(tensor, f"assigned in line {place.line}")
        self.roots.pop(name, None)

    # -- changes in place ----------------------------------------------------------------------------------------

    def _alias(self, name: str, value: ast.expr) -> None:
        """Remember that a name and another one are the same memory: P = A, or a view of it."""
        while isinstance(value, ast.Attribute | ast.Subscript) or _is_view(value):
            value = value.func.value if isinstance(value, ast.Call) else value.value  # type: ignore[attr-defined]
        if isinstance(value, ast.Name) and value.id != name and not isinstance(self.local.get(name), Array):
            self.roots[name] = self.roots.get(value.id, value.id)

    def _changed(self, name: str, node: ast.AST) -> None:
        """Other names of memory that was changed can no longer be read: their values are not what they were."""
        root = self.roots.get(name, name)
        line = getattr(node, "lineno", 1)
        for other in {root, *(n for n, r in self.roots.items() if r == root)} - {name}:
            meaning = self._meaning(other)
            if meaning is not None:
                blocked = f"NumPy changed '{other}' too when line {line} changed '{name}' in place"
                self.local[other] = replace(meaning, blocked=blocked)

    def _in_place(self, node: ast.AugAssign, name: ast.Name) -> None:
        old, new = self.value(name), self.value(node.value)
        value = self.placed(node, binary, symbol(node.op), old, new)
        if value.shape != old.shape:
            shapes = f"{shape_text(value.shape)} into {shape_text(old.shape)}"
            self.shape_fail(node, f"`{self.segment(node)}` would put shape {shapes}", self.origins(node))
        root = self.roots.get(name.id)
        self._changed(name.id, node)
        self._bind(name, node, value)
        if root is not None:
            self.roots[name.id] = root

    def _put(self, node: ast.stmt, name: ast.Name, place: ast.Subscript, op: ast.operator | None, value: Array) -> None:
        array, inside = self.value(name), self.inside(place)
        masked = len(inside) == 1 and isinstance(inside[0], Array) and inside[0].kind == "mask"
        at = node if masked or array.kind == "integer" else place
        changed = self.placed(at, assigned, self.bench, array, inside, value, symbol(op) if op else "")
        root = self.roots.get(name.id)
        self._changed(name.id, node)
        self._store(name.id, node, changed)
        if root is not None:
            self.roots[name.id] = root


def _assigned_name(node: ast.stmt) -> str:
    """The name that a statement gives a value, or changes; "" of any other statement."""
    target = node.targets[0] if isinstance(node, ast.Assign) else getattr(node, "target", None)
    target = target.value if isinstance(target, ast.Subscript) else target
    return target.id if isinstance(target, ast.Name) else ""


def _is_view(node: ast.expr) -> bool:
    views = ("reshape", "transpose", "ravel", "squeeze")
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in views
