"""A folder of files that appears whole or not at all.

Enters: a path, names and contents of files.  Leaves: the folder, replaced in such a way that whoever kills the process
at any moment finds the old folder or the new one.  What the files mean is not known here; nothing is ever removed but
files of the names given.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterable, Mapping
from pathlib import Path

from symprop.errors import Fault, InputError, MachineError


def write_folder(path: Path, files: Mapping[str, bytes], *, last: str) -> None:
    """Write files into a folder, which is replaced if it exists.

    The files are written to a sibling, brought to the disk, and renamed.  A folder that holds anything but files of
    these names is kept: each file is replaced in it, `last` after all others.

    Raises:
        InputError: the path cannot be a folder's, or is a file or a link.
        MachineError: the operating system refuses.
    """
    check_target(path)
    try:
        if path.is_dir() and not set(os.listdir(path)) <= set(files):
            _replace_inside(path, files, last)
        else:
            _replace_whole(path, files)
    except OSError as error:
        reason = error.strerror or str(error)
        raise MachineError(f"{path}: cannot be written: {reason}. Choose another place for the run.") from error


def check_target(path: Path) -> None:
    """Refuse a path that cannot become a folder.

    Raises:
        InputError: no name, a control character, a file, a link.
        MachineError: there is no folder to put it in, or the path is too long.
    """
    if path.name in ("", ".", "..") or not str(path).isprintable():
        raise InputError(Fault(ascii(str(path)), "not a name for a folder", "Give a plain name, such as runs/first."))
    try:
        kind = "a link" if path.is_symlink() else "a file" if path.exists() and not path.is_dir() else ""
        parent = path.parent.is_dir()
    except OSError as error:
        raise MachineError(f"{path}: cannot be written: {error.strerror}. Choose another place for the run.") from error
    if kind:
        raise InputError(Fault(str(path), f"it is {kind}; expected a folder or nothing", "Choose another name."))
    if not parent:
        raise MachineError(f"{path}: cannot be written: there is no folder {path.parent}. Make it first.")


def previous_of(path: Path) -> Path:
    """Where the old folder stands for the moment between two renames, and after a kill in that moment."""
    return path.with_name(f".{path.name}.previous")


def find_folder(path: Path) -> Path:
    """The folder, or the old one where a process was killed between its two renames."""
    return previous_of(path) if not path.exists() and previous_of(path).is_dir() else path


def discard(folder: Path, names: Iterable[str]) -> None:
    """Remove files of these names and the folder if nothing else is in it."""
    if folder.is_dir() and not folder.is_symlink():
        for name in names:
            (folder / name).unlink(missing_ok=True)
        if not os.listdir(folder):
            folder.rmdir()


def _replace_whole(path: Path, files: Mapping[str, bytes]) -> None:
    staged = path.with_name(f".{path.name}.{secrets.token_hex(4)}.tmp")
    try:
        staged.mkdir()
        for name, content in files.items():
            _write(staged / name, content)
        _sync_folder(staged)
        _swap(staged, path, files)
        _sync_folder(path.parent)
    finally:
        discard(staged, files)


def _swap(staged: Path, path: Path, names: Iterable[str]) -> None:
    previous = previous_of(path)
    if path.exists():
        discard(previous, names)
        os.replace(path, previous)
        try:
            os.replace(staged, path)
        except OSError:
            os.replace(previous, path)
            raise
    else:
        os.replace(staged, path)
    discard(previous, names)


def _replace_inside(path: Path, files: Mapping[str, bytes], last: str) -> None:
    for name in sorted(files, key=lambda name: (name == last, name)):
        staged = path / f".{name}.{secrets.token_hex(4)}.tmp"
        try:
            _write(staged, files[name])
            os.replace(staged, path / name)
        finally:
            staged.unlink(missing_ok=True)
    _sync_folder(path)


def _write(path: Path, content: bytes) -> None:
    with open(path, "xb") as stream:
        stream.write(content)
        stream.flush()
        os.fsync(stream.fileno())


def _sync_folder(path: Path) -> None:
    # Only POSIX can open a folder; elsewhere the rename is as durable as the system makes it.
    if os.name == "posix":
        handle = os.open(path, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
