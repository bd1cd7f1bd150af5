"""The sections of a spec but for layers and loss: nodes to values of `model`, faults noted on the way.

Each function takes the reader and the node of its section, and gives what could be read; a name whose value is at fault
is kept as far as others may refer to it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from collections.abc import Mapping as MappingType
from math import prod
from types import MappingProxyType
from typing import Any

from symprop.spec import records
from symprop.spec.formulas import check_function, text_of
from symprop.spec.kinds import shown
from symprop.spec.model import (
    DataSpec,
    EarlyStop,
    FunctionSpec,
    InputSpec,
    LossFunctionSpec,
    OptimizerSpec,
    Pick,
    SplitSpec,
    TrainingSpec,
)
from symprop.spec.nodes import Mapping, Node, Scalar, Sequence, plain
from symprop.spec.places import TOP, instead
from symprop.spec.reader import Reader, Values, shown_key
from symprop.spec.scalars import BROKEN


def entries(node: Node | None) -> Iterator[tuple[Scalar, Node]]:
    """Keys and values of a mapping; none of anything else, which has been noted before."""
    if isinstance(node, Mapping):
        yield from zip(node.keys, node.values, strict=True)


def whole(made: Values | None) -> bool:
    """True where no value was at fault."""
    return made is not None and not any(value is BROKEN for value in made.values())


def frozen(mapping: Any) -> MappingType[str, Any]:
    """A read-only mapping; empty for a value at fault."""
    return MappingProxyType(dict(mapping) if isinstance(mapping, dict) else {})


def read_functions(reader: Reader, node: Node | None) -> dict[str, FunctionSpec]:
    """`functions:`."""
    found = {key.text: _function(reader, key, value) for key, value in entries(node)}
    reader.functions = {name: len(function.args) for name, function in found.items() if function.args}
    for key, value in entries(node):
        function = found[key.text]
        names = [*function.params, *function.constants]
        if function.args and _names_are_apart(reader, value, f"function '{key.text}'", [*function.args], names):
            check_function(reader, function, function.params)
    return found


def _function(reader: Reader, key: Scalar, value: Node) -> FunctionSpec:
    """One formula; without arguments where it is at fault."""
    context = f"function '{key.text}'"
    made = reader.section(records.FUNCTION, value, context)
    params = _function_params(reader, value, context)
    if made is not None and whole(made) and isinstance(value, Mapping):
        args, constants = made["args"], frozen(made["constants"])
        if not args:
            at = value.get("args") or value
            reader.note(at.place, f"{context}: args: expected at least one name, got an empty list")
        else:
            return FunctionSpec(key.text, tuple(args), _formula(value), params, constants, key.place)
    return FunctionSpec(key.text, (), text_of(Scalar(value.place, "", "")), place=key.place)


def _function_params(reader: Reader, value: Node, context: str) -> MappingType[str, float]:
    found = {}
    for key, param in entries(value.get("params") if isinstance(value, Mapping) else None):
        made = reader.section(records.FUNCTION_PARAM, param, f"{context}: parameter '{key.text}'")
        found[key.text] = made["init"] if made is not None and whole(made) else 0.0
    return frozen(found)


def read_loss_functions(reader: Reader, node: Node | None) -> dict[str, LossFunctionSpec]:
    """`losses:`."""
    found = {}
    for key, value in entries(node):
        context = f"loss function '{key.text}'"
        made = reader.section(records.LOSS_FUNCTION, value, context)
        function = LossFunctionSpec(key.text, (), text_of(Scalar(value.place, "", "")), place=key.place)
        if made is not None and whole(made) and isinstance(value, Mapping):
            constants = frozen(made["constants"])
            args = tuple(made["args"])
            function = LossFunctionSpec(key.text, args, _formula(value), constants, made["reduce"], key.place)
            if len(args) != 2:
                at = value.get("args") or value
                reader.note(at.place, f"{context}: args: expected a prediction and a target, got {len(args)}")
            elif _names_are_apart(reader, value, context, [*args], [*constants]):
                check_function(reader, function, ())
        found[key.text] = function
    return found


def _formula(value: Mapping) -> Any:
    node = value.get("formula")
    return text_of(node) if isinstance(node, Scalar) else None


def _names_are_apart(reader: Reader, node: Node, context: str, args: list[str], others: list[str]) -> bool:
    """False, and noted, where a name stands for two things within one formula."""
    twice = repeated([*args, *others])
    at = (node.get("args") if isinstance(node, Mapping) else None) or node
    for name in twice:
        reader.note(at.place, f"{context}: '{name}' is named twice among args, params and constants; expected it once")
    return not twice


def read_inputs(reader: Reader, node: Node | None) -> list[InputSpec]:
    """`inputs:`, in the order of the text."""
    found = []
    reader.names_are_whole = reader.names_are_whole and isinstance(node, Mapping)
    for key, value in entries(node):
        made = reader.section(records.INPUT, value, f"input '{key.text}'")
        if made is None or made["role"] is BROKEN:
            reader.names_are_whole = False
        if made is None:
            found.append(InputSpec(key.text, (), place=key.place))
            continue
        role = made["role"] if made["role"] is not BROKEN else "input"
        shape = tuple(made["shape"]) if isinstance(made["shape"], list) else ()
        columns = made["columns"] if isinstance(made["columns"], list) else [made["column"]] if made["column"] else []
        classes, vocabulary = (made[name] if made[name] is not BROKEN else None for name in ("classes", "vocabulary"))
        entry = InputSpec(key.text, shape, role, classes, vocabulary, tuple(columns), key.place)
        if whole(made) and isinstance(value, Mapping):
            _check_input(reader, entry, made, value)
        found.append(entry)
    return found


def _check_input(reader: Reader, entry: InputSpec, made: Values, node: Mapping) -> None:
    context = f"input '{entry.name}'"

    def note(key: str, message: str, hint: str = "") -> None:
        reader.note((node.key(key) or node).place, f"{context}: {message}", hint)

    if made["shape"] is None and entry.classes is None:
        note("", "key 'shape' is missing; expected a list of extents without the batch axis, such as [3]")
    if entry.classes is not None and entry.role != "target":
        note("classes", "classes is for targets; expected it with role: target", "Tokens have a vocabulary.")
    if entry.vocabulary is not None and entry.role == "target":
        note("vocabulary", "vocabulary is for inputs; expected classes on a target")
    if entry.classes is not None and reader.known.dims.get(str(entry.classes), entry.classes) == 1:
        note("classes", "expected at least 2 classes, got 1", "A binary target has shape: [1].")
    if made["column"] is not None and made["columns"] is not None:
        note("column", "column and columns are both given; expected one of them")
    _check_columns(reader, entry, note)


def _check_columns(reader: Reader, entry: InputSpec, note: Any) -> None:
    sizes = [reader.known.dims.get(str(extent), extent) for extent in entry.shape]
    width = prod(size for size in sizes if isinstance(size, int))
    key = "columns" if len(entry.columns) != 1 else "column"
    if entry.columns and len(entry.columns) != width:
        note(key, f"expected {width} columns for shape {shape_text(entry.shape)}, got {len(entry.columns)}")
    for name in repeated(entry.columns):
        note(key, f"column '{name}' is named twice; expected it once")


def repeated(names: Iterable[str]) -> list[str]:
    """Names that stand more than once."""
    return sorted(name for name, count in Counter(names).items() if count > 1)


def shape_text(shape: tuple[int | str, ...]) -> str:
    """`[3, F]`."""
    return "[" + ", ".join(map(str, shape)) + "]"


def read_training(reader: Reader, node: Node | None, monitors: list[str]) -> TrainingSpec:
    """`training:`; `monitors` are the quantities an early stop can watch."""
    if node is None:
        return TrainingSpec()
    made = reader.section(records.TRAINING, node, "training")
    stop_node = node.get("early_stop") if isinstance(node, Mapping) else None
    stop = _early_stop(reader, stop_node, monitors) if stop_node is not None else None
    if made is None or not whole(made):
        return TrainingSpec(early_stop=stop)
    return TrainingSpec(**{**made, "early_stop": stop})


def _early_stop(reader: Reader, node: Node, monitors: list[str]) -> EarlyStop | None:
    made = reader.section(records.EARLY_STOP, node, "training: early_stop")
    if made is None:
        return None
    monitor = made["monitor"]
    if monitor is not BROKEN and monitor not in monitors:
        message = f"training: early_stop: monitor: unknown quantity {shown_key(monitor)}; {instead(monitor, monitors)}"
        reader.note(reader.place("training", "early_stop", "monitor"), message)
    return EarlyStop(**made) if whole(made) else None


def read_data(reader: Reader, node: Node | None) -> DataSpec | None:
    """`data:`."""
    if node is None:
        return None
    made = reader.section(records.DATA, node, "data")
    if made is None or not isinstance(node, Mapping):
        return None
    files = {key: _file(reader, node.get(key), key) for key in ("train", "validation", "test")}
    split = _split(reader, node.get("split"), files) if node.get("split") is not None else None
    standardize = made["standardize"] is True
    return DataSpec(files["train"] or "", files["validation"], files["test"], standardize, split)


def _file(reader: Reader, node: Node | None, key: str) -> str | None:
    made = reader.section(records.DATA_FILE, node, f"data: {key}") if node is not None else None
    return made["path"] if made is not None and whole(made) else None


def _split(reader: Reader, node: Node | None, files: MappingType[str, str | None]) -> SplitSpec | None:
    made = reader.section(records.SPLIT, node, "data: split") if node is not None else None
    if node is None or made is None or not whole(made):
        return None
    for key in ("validation", "test"):
        if made[key] is not None and files[key] is not None:
            reader.note(locate_key(node, key), f"data: {key} is a file and a part of the split; expected one of them")
    held_out = (made["validation"] or 0.0) + (made["test"] or 0.0)
    if held_out >= 1.0:
        reader.note(node.place, f"data: split: expected parts that leave rows to train on, got {held_out:g} held out")
    return SplitSpec(**made)


def locate_key(node: Node, key: str) -> Any:
    """Place of a key, else of the mapping."""
    found = node.key(key) if isinstance(node, Mapping) else None
    return (found or node).place


def read_optimizer(reader: Reader, node: Node | None) -> OptimizerSpec:
    """`optimizer:`, a name or a mapping."""
    catalog = reader.catalog
    given = Scalar(TOP, "adam", "adam") if node is None else node
    schedule_node = given.get("schedule") if isinstance(given, Mapping) else None
    schedule = reader.pick(schedule_node, catalog.schedules, "schedule", "optimizer") if schedule_node else None
    made = reader.pick(given, catalog.optimizers, "optimizer", base=records.OPTIMIZER)
    if made is None:
        return OptimizerSpec("adam", schedule=schedule, place=given.place)
    own = {key: value for key, value in made.options.items() if key not in records.OPTIMIZER}
    return OptimizerSpec(made.name, frozen(own), made.options.get("clip_norm"), schedule, given.place)


def read_metrics(reader: Reader, node: Node | None) -> tuple[Pick, ...]:
    """`metrics:`, a list of names."""
    if node is None:
        return ()
    if not isinstance(node, Sequence):
        reader.note(node.place, f"metrics: expected a list, got {shown(plain(node))}")
        return ()
    picks = [reader.pick(item, reader.catalog.metrics, "metric", "metrics") for item in node.items]
    found = [pick for pick in picks if pick is not None]
    first: dict[str, Pick] = {}
    for pick in found:
        if first.setdefault(pick.name, pick) is not pick:
            reader.note(pick.place, f"metrics: '{pick.name}' is named twice; expected it once")
    return tuple(found)
