"""Generated modules as files: written at once or not at all, loaded from a folder of this user alone.

Enters: the text of a module, and a place or a name.  Leaves: a file, or a module.  The text is checked before either.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import sys
import tempfile
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType

from symprop.codegen.naming import IDENTIFIER
from symprop.codegen.safety import check_source, own_output
from symprop.errors import Fault, InputError, MachineError


def write_module(path: str | Path, source: str, force: bool = False) -> Path:
    """Write a generated module; a file that is there is replaced if it is symprop's own and was not changed.

    Raises:
        InputError: another file is there, or the name is none of a module.
        MachineError: it cannot be written.
    """
    place = Path(path)
    check_source(source)
    if place.suffix != ".py" or not IDENTIFIER.fullmatch(place.stem):
        raise InputError(Fault(str(place), "this is no name of a module; expected letters, digits, _, and .py behind"))
    if not force:
        _check_free(place)
    _replace(place, source)
    return place


def _check_free(place: Path) -> None:
    if not os.path.lexists(place):
        return
    try:
        own = place.is_file() and own_output(place.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError):
        own = False
    if not own:
        message = "a file is there that symprop did not write, or that was changed since"
        raise InputError(Fault(str(place), message, "Choose another name, or use --force (force=True)."))


def _replace(place: Path, source: str) -> None:
    """A temporary file in the same folder, flushed to the disk and renamed."""
    temporary = ""
    try:
        handle, temporary = tempfile.mkstemp(dir=place.parent, prefix=f".{place.stem}-", suffix=".tmp")
        with os.fdopen(handle, "w", encoding="utf-8", newline="\n") as file:
            file.write(source)
            file.flush()
            os.fsync(file.fileno())
        os.chmod(temporary, 0o644)
        os.replace(temporary, place)
    except OSError as error:
        with contextlib.suppress(OSError):
            os.unlink(temporary)
        raise MachineError(f"{place}: it cannot be written; {error.strerror or error}") from error


def user_folder() -> Path:
    """The folder of loaded modules: SYMPROP_CACHE_DIR, or symprop's in the user's cache folder."""
    chosen = os.environ.get("SYMPROP_CACHE_DIR")
    if chosen:
        return Path(chosen) / "modules"
    user = os.environ.get("XDG_CACHE_HOME") or os.environ.get("LOCALAPPDATA")
    return (Path(user) if user else Path.home() / ".cache") / "symprop" / "modules"


def load_module(source: str, name: str = "kernels") -> ModuleType:
    """The module a generated text is; loaded once for a text.

    The file lies in a folder of mode 0700 under a name with the hash of its content; where there is no such
    folder, in a temporary one.

    Raises:
        InputError: the name is no identifier.
        MachineError: there is no folder to write to.
    """
    if not IDENTIFIER.fullmatch(name):
        raise InputError(Fault(f"name {name[:80]!a}", "this is no name of a module; expected letters, digits and _"))
    check_source(source)
    full = f"{name}_{hashlib.sha256(source.encode()).hexdigest()[:16]}"
    if full in sys.modules:
        return sys.modules[full]
    place = _stored(full, source)
    spec = spec_from_file_location(full, place)
    assert spec is not None and spec.loader is not None
    module = module_from_spec(spec)
    sys.modules[full] = module
    try:
        spec.loader.exec_module(module)
    except BaseException:
        del sys.modules[full]
        raise
    return module


def _stored(full: str, source: str) -> Path:
    place = _private_folder() / f"{full}.py"
    if not (place.is_file() and place.read_bytes() == source.encode()):
        _replace(place, source)
    return place


def _private_folder() -> Path:
    try:
        folder = user_folder()
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if not hasattr(os, "getuid") or folder.stat().st_uid == os.getuid():
            folder.chmod(0o700)
            tempfile.TemporaryFile(dir=folder).close()
            return folder
    except (OSError, RuntimeError):
        pass
    try:
        return Path(tempfile.mkdtemp(prefix="symprop-"))
    except OSError as error:
        raise MachineError(f"no folder for generated modules can be written; {error.strerror or error}") from error
