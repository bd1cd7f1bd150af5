"""A network being put together: tensors, equations and functions so far, and every fault found on the way.

Enters: what the builders of layers and losses add, each under the place of the spec it came from.  Leaves: the parts
of a `Network`.  A fault is noted and building goes on, so that all of them are reported at once.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from symprop.errors import Fault, FormulaError
from symprop.language import PRIMITIVES, Equation, Expr, Extent, Function, Read, Tensor
from symprop.library import ACTIVATIONS, functions_used
from symprop.library.scalars import calls
from symprop.network.shapes import Axes
from symprop.spec.model import NetSpec, Text

RESERVED: Mapping[str, str] = {"N": "the batch extent", "L": "the loss"}
IDENTIFIER = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,63}")
Where = tuple[str | int, ...]


@dataclass
class Assembly:
    """Parts of a network, in the order they are introduced.

    Args:
        spec: what is being built.
        outputs: tensor a reference stands for, by id, number or input name; absent where it could not be built.
        applied: name of the activation whose value a tensor is.
        users: formulas under `functions:`, as functions.
        owners: what introduced a tensor, for messages, by name.
        paths: its path in the spec.
    """

    spec: NetSpec
    tensors: dict[str, Tensor] = field(default_factory=dict)
    equations: list[Equation] = field(default_factory=list)
    updates: list[Equation] = field(default_factory=list)
    inference: list[Equation] = field(default_factory=list)
    functions: dict[str, Function] = field(default_factory=dict)
    users: dict[str, Function] = field(default_factory=dict)
    outputs: dict[str, str] = field(default_factory=dict)
    applied: dict[str, str] = field(default_factory=dict)
    owners: dict[str, str] = field(default_factory=dict)
    paths: dict[str, Where] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)

    def fault(self, where: Where, message: str, hint: str = "") -> None:
        """Note what is wrong at a path of the spec."""
        found = Fault(self.spec.where(*where), message, hint)
        if found not in self.faults:
            self.faults.append(found)

    def formula_fault(self, text: Text, error: FormulaError, context: str) -> None:
        """Note what is wrong with a formula, at its place in the file where there is one."""
        if self.spec.places:
            self.faults += self.spec.formula_faults(text, error, context)
        else:
            self.faults += [Fault(self.spec.file, f"{context}: {f.where}: {f.message}", f.hint) for f in error.faults]

    def note(self, sentence: str) -> None:
        """Keep a convention that documents state, once."""
        if sentence not in self.notes:
            self.notes.append(sentence)

    def extents(self, shape: Iterable[int | str]) -> Axes:
        """Extents of a shape of the spec, names from `dims` as their numbers."""
        return tuple(Extent.of(self.spec.dims.get(e, e) if isinstance(e, str) else e) for e in shape)

    def add(self, tensor: Tensor, owner: str, where: Where) -> Tensor:
        """Introduce a tensor; a name that is taken or reserved is a fault."""
        reason = self._taken(tensor.name)
        if reason:
            self.fault(where, f"{owner}: tensor name {tensor.name} {reason}", "Choose another id or name.")
        if tensor.name not in self.tensors:
            self.tensors[tensor.name] = tensor
            self.owners[tensor.name], self.paths[tensor.name] = owner, where
        return tensor

    def define(self, equation: Equation, tensor: Tensor, owner: str, where: Where, source: str = "") -> str:
        """Introduce an equation with the tensor it defines; gives the tensor's name."""
        origin = tensor.origin
        self.equations.append(replace(equation, origin=origin, source=source, where=self.spec.where(*where)))
        return self.add(tensor, owner, where).name

    def use(self, function: Function) -> Function:
        """Make a function known to the network, after those its formula calls."""
        for needed in [*self._called(function.body), function]:
            self.functions.setdefault(needed.name, needed)
        return function

    def use_all(self, expr: Expr) -> None:
        """Make all functions known that an expression calls."""
        for function in self._called(expr):
            self.functions.setdefault(function.name, function)

    def parameter(self, name: str, value: float, origin: str, owner: str, where: Where) -> Read:
        """A learnable scalar of a function; the same name from the same layer is the same scalar."""
        if self.owners.get(name) != owner:
            init = ("constant", (("value", value),))
            self.add(Tensor(name, (), role="param", init=init, origin=origin), owner, where)
        return Read(name)

    def check_adjoints(self) -> None:
        """The adjoint of x is dx: no tensor may have the name of another's adjoint."""
        for name in self.paths:
            if name.startswith("d") and (name[1:] in self.tensors or name == "dL"):
                message = f"{self.owners[name]}: {name} is the name of the adjoint of {name[1:]}"
                self.fault(self.paths[name], message, "Choose another id or name.")

    def _called(self, expr: Expr) -> list[Function]:
        found = list(functions_used(expr).values())
        for name in sorted(calls(expr) & self.users.keys()):
            function = self.users[name]
            found += [*self._called(function.body), function]
        return found

    def _taken(self, name: str) -> str:
        if not IDENTIFIER.fullmatch(name):
            return "is longer than 64 characters" if len(name) > 64 else "is not a name"
        if name in RESERVED:
            return f"is reserved for {RESERVED[name]}"
        if name in PRIMITIVES or name in ACTIVATIONS or name in self.users:
            return "is the name of a function"
        return f"is taken by {self.owners[name]}" if name in self.tensors else ""
