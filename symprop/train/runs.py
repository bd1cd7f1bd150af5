"""A run folder: params.safetensors, run.json, history.csv, module.py; saved whole, believed only after checking.

Enters: a `Run` and a path, or a path and the module it was trained with.  Leaves: the folder, or a `Run`.  No pickle,
and module.py is never executed here: whoever loads a run brings the module, generated anew from the spec in run.json.
"""

from __future__ import annotations

import math
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from safetensors import SafetensorError
from safetensors import numpy as tensors

from symprop.errors import DataError, Fault, InputError, MachineError
from symprop.train.contract import Array, GeneratedModule, input_slots, target_slots
from symprop.train.folders import check_target, find_folder, write_folder
from symprop.train.history import History
from symprop.train.record import Record, check_record, digest, parse_json, sha256, to_json
from symprop.train.trained import Run

PARAMS, RECORD, HISTORY, MODULE = "params.safetensors", "run.json", "history.csv", "module.py"
FILES = (PARAMS, RECORD, HISTORY, MODULE)
CURVES = "curves.svg"
"""A picture of the history that may lie beside the files; nothing reads it, and no digest of it is kept."""
_LARGEST = {RECORD: 2**28, HISTORY: 2**28, MODULE: 2**26, PARAMS: 2**40}


@dataclass(frozen=True)
class StoredRun:
    """A run folder that has been read and checked by itself; it becomes a `Run` with its module.

    Args:
        path: the folder.
        record: contents of run.json.
        tensors: parameters by name.
        history: contents of history.csv.
        module_source: contents of module.py, which was not executed.
    """

    path: str
    record: Record
    tensors: dict[str, Array]
    history: History
    module_source: str

    @property
    def spec_text(self) -> str:
        """The spec it was trained from."""
        return str(self.record.plain["spec"])


def save_run(run: Run, path: str | os.PathLike[str], *, force: bool = False, curves: str = "") -> Path:
    """Save a run as a folder; it is there whole or, if the process is killed, as it was before.

    An existing folder is replaced if it is a run that nobody changed.  `force` replaces a run that was changed as well,
    and puts the files among others in any other folder; files of other names are never removed.  `curves` is a picture
    of the history, kept beside the files.

    Raises:
        InputError: the path is a file, a link, or a folder that is not an unchanged run.
        MachineError: it cannot be written.
    """
    folder = Path(path)
    check_free(folder, force=force)
    picture = {CURVES: curves.encode("utf-8")} if curves else {}
    write_folder(folder, {**_contents(run), **picture}, last=RECORD)
    return folder


def check_free(path: str | os.PathLike[str], *, force: bool = False) -> None:
    """Refuse what `save_run` would refuse, before anything is trained.

    Raises:
        InputError, MachineError: as `save_run`.
    """
    folder = Path(path)
    check_target(folder)
    if not force and (reason := why_not_ours(folder)):
        raise InputError(Fault(str(folder), reason, "Choose another name, or replace it with --force (force=True)."))


def why_not_ours(folder: Path) -> str:
    """Why a folder is not to be replaced: empty where there is none, or nothing in it, or a run that nobody changed."""
    try:
        held = sorted(os.listdir(folder)) if folder.exists() else []
        if not held:
            return ""
        if foreign := [name for name in held if name not in (*FILES, CURVES)]:
            return f"the folder exists and holds other files, {foreign[0]!r} for one"
        plain = parse_json(_read(folder, RECORD), str(folder / RECORD))
        changed = [name for name, known in dict(plain["files"]).items() if sha256(_read(folder, name)) != known]
        changed += [RECORD] if digest(plain) != plain.get("sha256") else []
    except (DataError, MachineError, KeyError, TypeError, ValueError):
        return "the folder exists and is not a run of symprop"
    return f"the run exists and was changed after it was written: {', '.join(changed)}" if changed else ""


def load_run(path: str | os.PathLike[str], module: GeneratedModule) -> Run:
    """Read a run for its module, every value checked before any is used.

    Raises:
        DataError: the folder is no run, a file is damaged, or it is the run of another spec.
        MachineError: a file cannot be read.
    """
    return bind_run(read_run(path), module)


def read_run(path: str | os.PathLike[str]) -> StoredRun:
    """Read and check a run folder by itself: to find its spec, from which its module is generated.

    Raises:
        DataError: the folder is no run, or a file is damaged.
        MachineError: a file cannot be read.
    """
    folder = find_folder(Path(path))
    where = str(folder / RECORD)
    record = check_record(parse_json(_read(folder, RECORD), where), where)
    _check_files(folder, record)
    content = _read(folder, PARAMS)
    loaded = _tensors(content, str(folder / PARAMS))
    _check_tensors(loaded, record.plain["parameters"], str(folder / PARAMS))
    rest = {name: _read(folder, name) for name in (HISTORY, MODULE)}
    for name, held in {PARAMS: content, **rest}.items():
        _check_digest(folder / name, held, record.plain["files"][name])
    history = _history(rest[HISTORY], str(folder / HISTORY))
    return StoredRun(str(folder), record, loaded, history, _source(rest[MODULE], str(folder / MODULE)))


def bind_run(stored: StoredRun, module: GeneratedModule) -> Run:
    """Join a stored run and its module.

    Raises:
        DataError: the module is not the one it was trained with.
    """
    record, plain = stored.record, stored.record.plain
    where = str(Path(stored.path) / RECORD)
    _check_module(plain, module, where)
    template = module.init_params(seed=0)
    wanted = {
        n: {"shape": list(v.shape), "dtype": str(v.dtype)} for n, v in zip(template._fields, template, strict=True)
    }
    _check_tensors(stored.tensors, wanted, str(Path(stored.path) / PARAMS))
    return Run(
        module=module,
        params=module.Params(*(stored.tensors[name] for name in template._fields)),
        settings=record.settings,
        history=stored.history,
        metrics={
            part: {k: math.nan if v is None else v for k, v in row.items()} for part, row in plain["metrics"].items()
        },
        encodings=record.encodings,
        standardisation=record.standardisation,
        columns=record.columns,
        target_columns=record.target_columns,
        split_counts=plain["split"]["counts"],
        split_sha256=plain["split"]["sha256"],
        stopped=plain["stopped"],
        kept_epoch=plain["kept_epoch"],
        notices=tuple(plain["notices"]),
        spec_text=plain["spec"],
        module_source=stored.module_source,
        versions=plain["versions"],
    )


def _contents(run: Run) -> dict[str, bytes]:
    # order="C" of np.array keeps rank 0, which ascontiguousarray does not; safetensors writes little-endian memory.
    arrays = {
        name: np.array(value, dtype=value.dtype.newbyteorder("<"), order="C")
        for name, value in zip(run.params._fields, run.params, strict=True)
    }
    files = {
        PARAMS: tensors.save(arrays),
        HISTORY: run.history.to_csv().encode("ascii"),
        MODULE: run.module_source.encode("utf-8"),
    }
    return {**files, RECORD: to_json(run, files)}


def _read(folder: Path, name: str) -> bytes:
    path = folder / name
    try:
        if path.is_dir() or path.is_fifo():
            raise MachineError(f"{path}: cannot be read: it is not a file. Give the folder of a run.")
        size = path.stat().st_size
        if size > _LARGEST[name]:
            raise _fault(str(path), f"too large; expected at most {_LARGEST[name]} bytes, got {size}", "Restore it.")
        return path.read_bytes()
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise MachineError(f"{path}: cannot be read: {reason}. Give the folder of a run.") from error


def _check_files(folder: Path, record: Record) -> None:
    wanted = {PARAMS, HISTORY, MODULE}
    if set(record.plain["files"]) != wanted:
        message = (
            f"'files' is wrong; expected {', '.join(sorted(wanted))}, got {', '.join(sorted(record.plain['files']))}"
        )
        raise _fault(str(folder / RECORD), message, "Train again, or restore the file.")


def _tensors(content: bytes, where: str) -> dict[str, Array]:
    try:
        return dict(tensors.load(content))
    except (SafetensorError, KeyError, ValueError, TypeError) as error:
        message = f"not a readable safetensors file, perhaps truncated: {error}"
        raise _fault(where, message, "Restore the file, or train again.") from error


def _check_tensors(found: dict[str, Array], wanted: Mapping[str, Mapping[str, object]], where: str) -> None:
    advice = "Restore the file, or train again."
    if missing := [name for name in wanted if name not in found]:
        raise _fault(where, f"tensor {missing[0]!r} is missing; expected {', '.join(wanted)}", advice)
    if extra := [name for name in sorted(found) if name not in wanted]:
        raise _fault(where, f"tensor {extra[0]!r} is not known; expected {', '.join(wanted)}", advice)
    for name, row in wanted.items():
        value = found[name]
        if list(value.shape) != row["shape"]:
            raise _fault(
                where, f"tensor {name!r}: wrong shape; expected {row['shape']}, got {list(value.shape)}", advice
            )
        if str(value.dtype) != row["dtype"]:
            raise _fault(where, f"tensor {name!r}: wrong dtype; expected {row['dtype']}, got {value.dtype}", advice)
        if not np.isfinite(value).all():
            raise _fault(where, f"tensor {name!r}: holds NaN or infinity; expected finite numbers", advice)


def _check_digest(path: Path, content: bytes, known: str) -> None:
    got = sha256(content)
    if got != known:
        message = f"changed after it was written; expected sha256 {known[:12]}..., got {got[:12]}..."
        raise _fault(str(path), message, "Restore the file, or train again.")


def _history(content: bytes, where: str) -> History:
    try:
        return History.from_csv(content.decode("ascii"))
    except ValueError as error:
        raise _fault(where, f"not a history of epochs: {error}", "Restore the file, or train again.") from error


def _source(content: bytes, where: str) -> str:
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError as error:
        raise _fault(where, "not UTF-8", "Restore the file, or train again.") from error


def _check_module(plain: dict[str, object], module: GeneratedModule, where: str) -> None:
    advice = "Load it with the module generated from its own spec."
    if plain["module_hash"] != module.HASH:
        message = f"a run of another spec; expected hash {module.HASH[:16]}, got {str(plain['module_hash'])[:16]}"
        raise _fault(where, message, advice)
    if plain["dtype"] != module.DTYPE:
        raise _fault(where, f"a run of another dtype; expected {module.DTYPE}, got {plain['dtype']}", advice)
    for role, slots in (("inputs", input_slots(module)), ("targets", target_slots(module))):
        held, wanted = list(plain[role]), [slot.name for slot in slots]  # type: ignore[call-overload]
        if sorted(held) != sorted(wanted):
            message = f"{role!r} are not the module's; expected {', '.join(wanted)}, got {', '.join(held)}"
            raise _fault(where, message, advice)


def _fault(where: str, message: str, advice: str) -> DataError:
    return DataError(Fault(where, message, advice))
