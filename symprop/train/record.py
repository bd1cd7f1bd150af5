"""run.json: what is written of a run beside its parameters, and the checks before any of it is believed.

Enters: a `Run`, or the text of a run.json.  Leaves: plain values with a digest, or a `Record` of checked values.
Parameters and files are runs.py's.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np

from symprop.errors import DataError, Fault, InputError
from symprop.train.contract import input_slots
from symprop.train.labels import Encoding
from symprop.train.settings import TASKS, TrainSettings
from symprop.train.standardise import Moments
from symprop.train.trained import Run

SCHEMA = 1
MARK = "symprop_run"


@dataclass(frozen=True)
class Record:
    """Checked contents of a run.json; `plain` is the whole as it was read."""

    plain: dict[str, Any]
    settings: TrainSettings
    encodings: dict[str, Encoding]
    standardisation: dict[str, Moments]
    columns: dict[str, tuple[str, ...]]
    target_columns: dict[str, tuple[str, ...]]


def sha256(content: bytes) -> str:
    """SHA-256 in hexadecimal."""
    return hashlib.sha256(content).hexdigest()


def digest(plain: Mapping[str, Any]) -> str:
    """SHA-256 of a record without its own digest, in canonical JSON."""
    rest = {key: value for key, value in plain.items() if key != "sha256"}
    return sha256(json.dumps(rest, sort_keys=True, separators=(",", ":")).encode("ascii"))


def to_json(run: Run, files: Mapping[str, bytes]) -> bytes:
    """Text of run.json for a run and its other files; NaN is written as null."""
    plain = _finite(_plain(run, files))
    plain["sha256"] = digest(plain)
    return (json.dumps(plain, indent=1, allow_nan=False) + "\n").encode("ascii")


def parse_json(text: bytes, where: str) -> dict[str, Any]:
    """Read JSON and see that it is the record of a run, of this schema.

    Raises:
        DataError: it is not.
    """
    try:
        plain = json.loads(text, parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        reason = "nested too deeply" if isinstance(error, RecursionError) else str(error)
        raise _fault(where, f"not readable JSON: {reason}", "Train again, or restore the file.") from error
    if not isinstance(plain, dict) or MARK not in plain:
        raise _fault(where, f"not the record of a run; expected a key {MARK!r}", "Give the folder of a run.")
    if plain[MARK] != SCHEMA or isinstance(plain[MARK], bool):
        message = f"another version of the format; expected {SCHEMA}, got {plain[MARK]!r}"
        raise _fault(where, message, "Use the version of symprop that wrote it, or train again.")
    return plain


def check_record(plain: dict[str, Any], where: str) -> Record:
    """Check every value of a record.

    Raises:
        DataError: a value is missing or wrong; one sentence with its key.
    """
    for key, holds, wanted in _RULES:
        if key not in plain:
            raise _fault(where, f"{key!r} is missing; expected {wanted}", "Train again, or restore the file.")
        if not holds(plain[key]):
            message = f"{key!r} is wrong; expected {wanted}, got {_short(plain[key])}"
            raise _fault(where, message, "Train again, or restore the file.")
    if sha256(plain["spec"].encode("utf-8")) != plain["spec_sha256"]:
        raise _fault(where, "'spec' is not the text that 'spec_sha256' belongs to", "Restore the file.")
    inputs, targets = plain["inputs"], plain["targets"]
    moments = {
        name: _moments(row, f"{where}: input {name!r}") for name, row in inputs.items() if row["mean"] is not None
    }
    return Record(
        plain,
        _settings(plain["settings"], where),
        {name: _encoding(row, f"{where}: target {name!r}") for name, row in targets.items()},
        moments,
        {name: tuple(row["columns"]) for name, row in inputs.items() if row["columns"]},
        {name: tuple(row["columns"]) for name, row in targets.items() if row["columns"]},
    )


def _plain(run: Run, files: Mapping[str, bytes]) -> dict[str, Any]:
    return {
        MARK: SCHEMA,
        "spec_name": run.module.SPEC_NAME,
        "spec": run.spec_text,
        "spec_sha256": sha256(run.spec_text.encode("utf-8")),
        "module_hash": run.module.HASH,
        "module_versions": dict(run.module.VERSIONS),
        "versions": run.versions,
        "dtype": run.module.DTYPE,
        "seeds": {"training": run.settings.seed, "split": run.settings.seed_of_split},
        "settings": run.settings.as_json(),
        "inputs": {slot.name: _input(run, slot.name, slot.shape) for slot in input_slots(run.module)},
        "targets": {name: _target(run, name, encoding) for name, encoding in run.encodings.items()},
        "parameters": _parameters(run),
        "split": {"counts": run.split_counts, "sha256": run.split_sha256},
        "history": run.history.summary(),
        "stopped": run.stopped,
        "kept_epoch": run.kept_epoch,
        "metrics": run.metrics,
        "notices": list(run.notices),
        "files": {name: sha256(content) for name, content in files.items()},
    }


def _parameters(run: Run) -> dict[str, Any]:
    pairs = zip(run.params._fields, run.params, strict=True)
    return {name: {"shape": list(value.shape), "dtype": value.dtype.name} for name, value in pairs}


def _input(run: Run, name: str, shape: tuple[int, ...]) -> dict[str, Any]:
    row: dict[str, Any] = {"shape": list(shape), "columns": list(run.columns.get(name, ()))}
    found = run.standardisation.get(name)
    for key in ("mean", "std", "constant"):
        row[key] = None if found is None else getattr(found, key).tolist()
    return row


def _target(run: Run, name: str, encoding: Encoding) -> dict[str, Any]:
    columns = list(run.target_columns.get(name, ()))
    return {"task": encoding.task, "names": list(encoding.names), "codes": list(encoding.codes), "columns": columns}


def _finite(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(key): _finite(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_finite(item) for item in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _settings(row: dict[str, Any], where: str) -> TrainSettings:
    try:
        return TrainSettings.from_json(row)
    except InputError as error:
        raise DataError(Fault(f"{where}: settings: {fault.where}", fault.message) for fault in error.faults) from error
    except (TypeError, KeyError, AttributeError, ValueError) as error:
        raise _fault(where, "'settings' are not those of a run", "Train again, or restore the file.") from error


def _moments(row: dict[str, Any], where: str) -> Moments:
    shape = tuple(row["shape"])
    try:
        mean, std = (np.array(row[key], dtype=np.float64) for key in ("mean", "std"))
        constant = np.array(row["constant"])
    except (TypeError, ValueError) as error:
        raise _fault(where, "its mean and std are no arrays of numbers", "Restore the file.") from error
    if not (mean.shape == std.shape == constant.shape == shape) or constant.dtype != np.bool_:
        message = f"its mean, std and constant do not have its shape; expected {shape}, got {mean.shape}"
        raise _fault(where, message, "Restore the file.")
    if not (np.isfinite(mean).all() and np.isfinite(std).all() and (std > 0).all()):
        raise _fault(where, "its mean or std is not finite, or a std is not above 0", "Restore the file.")
    return Moments(mean, std, constant)


def _encoding(row: dict[str, Any], where: str) -> Encoding:
    names, codes = tuple(row["names"]), tuple(row["codes"])
    rising = all(a < b for a, b in pairwise(codes))
    wanted = {"regression": len(names) == 0, "binary": len(names) == 2, "classes": len(names) > 0}[row["task"]]
    if not wanted or len(names) != len(codes) or not rising or len(set(names)) != len(names):
        raise _fault(where, f"its classes do not fit the task {row['task']}", "Restore the file.")
    return Encoding(row["task"], names, codes)


def _no_constant(name: str) -> float:
    raise ValueError(f"{name} is not JSON")


def _short(value: Any) -> str:
    text = ascii(value)
    return text if len(text) <= 60 else text[:60] + "..."


def _fault(where: str, message: str, advice: str) -> DataError:
    return DataError(Fault(where, message, advice))


Check = Callable[[Any], bool]


def _text(v: Any) -> bool:
    return isinstance(v, str)


def _hex(v: Any) -> bool:
    return isinstance(v, str) and len(v) == 64 and all(c in "0123456789abcdef" for c in v)


def _count(v: Any) -> bool:
    return isinstance(v, int) and not isinstance(v, bool) and v >= 0


def _number(v: Any) -> bool:
    return isinstance(v, (int, float)) and not isinstance(v, bool)


def _list_of(item: Check) -> Check:
    return lambda v: isinstance(v, list) and all(map(item, v))


def _map_of(item: Check) -> Check:
    return lambda v: isinstance(v, dict) and all(map(item, v.values()))


def _fields(**checks: Check) -> Check:
    return lambda v: isinstance(v, dict) and all(key in v and holds(v[key]) for key, holds in checks.items())


def _anything(_: Any) -> bool:
    return True


_TEXTS = _list_of(_text)
_TARGET = _fields(task=lambda v: v in TASKS, names=_TEXTS, codes=_list_of(_number), columns=_TEXTS)
_RULES: tuple[tuple[str, Check, str], ...] = (
    ("spec_name", _text, "text"),
    ("spec", _text, "text"),
    ("spec_sha256", _hex, "64 hexadecimal digits"),
    ("module_hash", _text, "text"),
    ("versions", _map_of(_text), "versions by name"),
    ("dtype", lambda v: v in ("float32", "float64"), "float32 or float64"),
    ("settings", _map_of(_anything), "the settings of training"),
    (
        "inputs",
        _map_of(
            _fields(shape=_list_of(_count), columns=_TEXTS, mean=_anything, std=_anything, constant=_anything),
        ),
        "shape, columns, mean, std and constant of each input",
    ),
    (
        "targets",
        _map_of(_TARGET),
        "task, names, codes and columns of each target",
    ),
    (
        "parameters",
        _map_of(_fields(shape=_list_of(_count), dtype=_text)),
        "shape and dtype of each parameter",
    ),
    ("split", _fields(counts=_map_of(_count), sha256=_hex), "counts and sha256"),
    ("stopped", lambda v: v in ("epochs", "early_stop", "interrupted"), "epochs, early_stop or interrupted"),
    ("kept_epoch", _count, "an integer of at least 0"),
    ("metrics", _map_of(_map_of(lambda v: v is None or _number(v))), "numbers by part and name"),
    ("notices", _TEXTS, "sentences"),
    ("files", _map_of(_hex), "a sha256 for each file"),
)
