"""Archives of arrays (.npz), read without pickle and without believing them.

Enters: a path and the names of the arrays wanted.  Leaves: those arrays.  Nothing is allocated before the size that the
archive states, the size that the array's header states and the limit agree.
"""

from __future__ import annotations

import math
import tokenize
import zipfile
import zlib
from collections.abc import Sequence
from typing import IO, Any

import numpy as np
from numpy.lib import format as npy

from symprop.errors import DataError, Fault, MachineError
from symprop.train.contract import Array
from symprop.train.csvfile import check_file
from symprop.train.settings import DataLimits

_MEMBERS = 10_000
# RuntimeError is what zipfile raises for an encrypted member or an unknown compression.
_BROKEN = (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError, ValueError, OSError)

# What NumPy's parser of headers lets through for nonsense, deep brackets and open strings.
_NO_HEADER = (ValueError, TypeError, SyntaxError, RecursionError, MemoryError, tokenize.TokenError)


def read_npz(path: str, names: Sequence[str], limits: DataLimits) -> dict[str, Array]:
    """Read arrays by name; others in the file are left alone.

    Raises:
        DataError: not an npz, an array missing, of objects, larger than the limit, or not what its header states.
        MachineError: the file cannot be read.
    """
    check_file(path, limits)
    try:
        stream = open(path, "rb")  # noqa: SIM115 - closed below; the error of opening is not that of reading
    except OSError as error:
        raise MachineError(f"{path}: cannot be read: {error.strerror}. Check the permissions of the data.") from error
    try:
        with stream, zipfile.ZipFile(stream) as archive:
            members = _members(path, archive)
            _check_present(path, members, names)
            _check_size(path, [members[name] for name in names], limits)
            return {name: _read_member(path, name, archive, members[name]) for name in names}
    except _BROKEN as error:
        raise _fault(path, f"not a readable npz: {error}", "Write it again with numpy.savez.") from error


def _members(path: str, archive: zipfile.ZipFile) -> dict[str, zipfile.ZipInfo]:
    infos = archive.infolist()
    if len(infos) > _MEMBERS:
        raise _fault(path, f"too many arrays; expected at most {_MEMBERS}, got {len(infos)}", "Write fewer arrays.")
    members = {info.filename.removesuffix(".npy"): info for info in infos}
    if len(members) < len(infos):
        raise _fault(path, "two arrays have the same name", "Write it again with numpy.savez.")
    return members


def _check_present(path: str, members: dict[str, zipfile.ZipInfo], names: Sequence[str]) -> None:
    held = ", ".join(sorted(members)[:20]) or "nothing"
    faults = [
        Fault(path, f"no array {name!r}; it holds {held}", "Name the arrays as the spec names its inputs and target.")
        for name in names
        if name not in members
    ]
    if faults:
        raise DataError(faults)


def _check_size(path: str, infos: list[zipfile.ZipInfo], limits: DataLimits) -> None:
    total = sum(info.file_size for info in infos)
    if total > limits.array_bytes:
        message = f"arrays too large; expected at most {limits.array_bytes} bytes, got {total} when unpacked"
        raise _fault(path, message, "Raise limits.array_bytes if you trust it.")


def _read_member(path: str, name: str, archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> Array:
    where = f"{path}: array {name!r}"
    with archive.open(info) as stream:
        shape, fortran, dtype = _read_header(where, stream)
        _check_dtype(where, dtype)
        stated, held = math.prod(shape) * dtype.itemsize, info.file_size - stream.tell()
        if min(shape, default=0) < 0 or stated != held:
            message = f"its header states shape {shape} of {dtype}, {stated} bytes, but {held} bytes follow"
            raise _fault(where, message, "Write it again with numpy.savez.")
        raw = stream.read(stated)
        if len(raw) != stated:
            raise _fault(where, "truncated", "Write it again with numpy.savez.")
    return np.frombuffer(raw, dtype=dtype).reshape(shape, order="F" if fortran else "C")


def _read_header(where: str, stream: IO[bytes]) -> tuple[tuple[int, ...], bool, np.dtype[Any]]:
    try:
        version = npy.read_magic(stream)  # type: ignore[no-untyped-call,unused-ignore]
        readers = {(1, 0): npy.read_array_header_1_0, (2, 0): npy.read_array_header_2_0}
        if version not in readers:
            raise ValueError(version)
        shape, fortran, dtype = readers[version](stream)  # type: ignore[no-untyped-call,unused-ignore]
    except _NO_HEADER as error:
        raise _fault(where, "not a NumPy array of format 1.0 or 2.0", "Write it again with numpy.savez.") from error
    return tuple(shape), bool(fortran), dtype


def _check_dtype(where: str, dtype: np.dtype[Any]) -> None:
    if dtype.hasobject:
        advice = "Store numbers or strings; reading objects would run code."
        raise _fault(where, "holds Python objects (pickle)", advice)
    if dtype.kind not in "biufUS" or dtype.itemsize == 0:
        raise _fault(where, f"wrong kind of entries; expected numbers or strings, got {dtype}", "Store real numbers.")


def _fault(where: str, message: str, advice: str) -> DataError:
    return DataError(Fault(where, message, advice))
