"""Tensors as they are declared beside a formula: X=N,D and, of integers below C, y=N<C.

Enters: names with their shapes as text, and a formula.  Leaves: tensors, and the network of the formula.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from symprop.errors import Fault, FormulaError
from symprop.frontends.formulas import LOSS, check_names, loss_network
from symprop.frontends.names import Meaning, Names
from symprop.frontends.numpy_notation import Notation
from symprop.language import Extent, Network, Tensor
from symprop.language.syntax import NAME
from symprop.spec.places import close

LARGEST = 2**31 - 1
EXPECTED = "expected names and whole numbers, such as N,D, and N<C for integers below C"


def formula_network(
    text: str, shapes: Mapping[str, str], wrt: Sequence[str] = (), name: str = "formula", where: str = "formula"
) -> Network:
    """The network whose loss is a formula in NumPy notation.

    Args:
        text: an expression, or statements behind ; or on lines of their own, the last of which is the loss.
        shapes: the extents of every argument, "N,D"; "" of a scalar; "N<C" of integers below C.
        wrt: what is differentiated by; all real arguments by default.
        name: of the network.
        where: what is read, for messages.

    Raises:
        FormulaError: the formula cannot be read, its value is no scalar, or names and shapes do not match.
    """
    tensors = [declared(argument, words) for argument, words in shapes.items()]
    check_names(tensors, where)
    extents = {extent for tensor in tensors for axis in _all_extents(tensor) for extent in axis.names}
    meanings = {tensor.name: Meaning(tensor, "as declared") for tensor in tensors}
    names = Names(meanings, frozenset(extents))
    notation = Notation(text, names, _label, where)
    _check_arguments(notation.free_names(), list(shapes), where)
    return loss_network(notation.loss(LOSS), tensors, wrt, name, where)


def declared(name: str, words: str) -> Tensor:
    """The tensor of a declaration.

    Raises:
        FormulaError: the words are no shape.
    """
    shape, below, high = words.strip().partition("<")
    inner = shape.strip().removeprefix("(").removesuffix(")").rstrip(", ")
    axes = tuple(_extent(name, part) for part in inner.split(",")) if inner else ()
    if not below:
        return Tensor(name, axes)
    return Tensor(name, axes, "integer", high=_extent(name, high))


def _extent(name: str, word: str) -> Extent:
    word = word.strip()
    if NAME.fullmatch(word):
        return Extent.of(word)
    if word.isascii() and word.isdecimal() and len(word) < 11 and 1 <= int(word) <= LARGEST:
        return Extent.of(int(word))
    shown = word if len(word) <= 40 else word[:37] + "..."
    raise FormulaError(Fault(f"shape of '{name}'", f"'{shown}' is no extent; {EXPECTED}"))


def _all_extents(tensor: Tensor) -> tuple[Extent, ...]:
    return tensor.axes if tensor.high is None else (*tensor.axes, tensor.high)


def _check_arguments(read: Sequence[str], shapes: Sequence[str], where: str) -> None:
    """Every name of the formula has a shape, and every shape a name."""
    faults = []
    idle = [name for name in shapes if name not in read]
    for name in read:
        if name not in shapes:
            near = close(name, idle)
            hint = f"Did you mean '{near}'?" if near else f"Declare it, as in --shape {name}=N,D."
            faults.append(Fault(where, f"the shape of '{name}' is not declared", hint))
    for name in idle if not faults else ():
        faults.append(Fault(where, f"'{name}' is declared, but the formula does not read it", "Leave it out."))
    if faults:
        raise FormulaError(faults)


def _label(name: str, number: int) -> str:
    """What a value of the text is stored under; no argument has such a name."""
    return f"{name}'" + (f".{number}" if number else "")
