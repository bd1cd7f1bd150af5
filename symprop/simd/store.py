"""Compiled code on disk: a folder of this user alone, under the content of a file; never stale, never believed unread.

Whoever can write to such a folder can have code run, so that it must belong to the user and be closed to all others,
and so must the files in it.  Without such a folder all works, and is compiled anew in every process.

Enters: a generated module's file, keys, machine code.  Leaves: files; machine code that is what it was, or nothing.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import stat
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

from symprop.simd.machine import RESULTS, Native

LARGEST = 1 << 28
TEXTS: dict[str, str] = {}
"""By their files the texts of modules that folders were named after: what is compiled is read from here."""


def cache_root() -> Path:
    """Folder for caches; SYMPROP_CACHE_DIR or NUMBA_CACHE_DIR name another one."""
    chosen = os.environ.get("SYMPROP_CACHE_DIR") or os.environ.get("NUMBA_CACHE_DIR")
    if chosen:
        return Path(chosen)
    user = os.environ.get("XDG_CACHE_HOME") or os.environ.get("LOCALAPPDATA")
    return (Path(user) if user else Path.home() / ".cache") / "symprop"


def private(folder: Path) -> bool:
    """True where the folder exists, belongs to this user, and is closed to all others."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if hasattr(os, "getuid"):
        found = folder.stat()
        if found.st_uid != os.getuid():
            return False
        if found.st_mode & 0o077:
            folder.chmod(0o700)
    return True


def cache_folder(file: str, name: str, versions: Mapping[str, str]) -> str:
    """The cache of a module under its content and its name, "" where none can be had.

    What Numba keeps names the module it belongs to, which must be one that can be found by its name.
    """
    if name not in sys.modules:
        return ""
    try:
        content = Path(file).read_bytes()
        TEXTS[file] = content.decode()
        key = content + repr((name, sorted(versions.items()))).encode()
        root = cache_root() / "kernels"
        folder = root / hashlib.sha256(key).hexdigest()[:32]
        return str(folder) if private(root) and private(folder) else ""
    except (OSError, RuntimeError, UnicodeDecodeError):
        return ""


def _digest(key: str, payload: bytes) -> bytes:
    return hashlib.sha256(key.encode() + b"\0" + payload).digest()


def _place(folder: str, key: str) -> str:
    return os.path.join(folder, hashlib.sha256(key.encode()).hexdigest()[:32] + ".native")


def keep(folder: str, key: str, native: Native) -> None:
    """Write machine code; a file is there whole or not at all, whoever else writes it."""
    head = json.dumps([native.result, native.needed, [len(o) for o in native.objects]]).encode()
    payload = b"\n".join([head, b"".join(native.objects)])
    temporary = ""
    try:
        handle, temporary = tempfile.mkstemp(dir=folder, suffix=".tmp")
        with os.fdopen(handle, "wb") as file:
            file.write(_digest(key, payload) + payload)
        os.replace(temporary, _place(folder, key))
    except OSError:
        with contextlib.suppress(OSError):
            os.unlink(temporary)


def kept(folder: str, key: str) -> Native | None:
    """The machine code of a key, None where there is none, or not all of it, or not this user's alone."""
    try:
        handle = os.open(_place(folder, key), os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0))
        with os.fdopen(handle, "rb") as file:
            content = file.read() if _is_own(handle) else b""
    except OSError:
        return None
    digest, payload = content[:32], content[32:]
    if not payload or digest != _digest(key, payload):
        return None
    head, _, code = payload.partition(b"\n")
    result, needed, sizes = json.loads(head)
    objects, start = [], 0
    for size in sizes:
        objects.append(code[start : start + size])
        start += size
    return Native(result, tuple(needed), tuple(objects)) if result in RESULTS else None


def _is_own(handle: int) -> bool:
    """True of a plain file of this user that nobody else can write."""
    found = os.fstat(handle)
    if not stat.S_ISREG(found.st_mode) or found.st_size > LARGEST:
        return False
    return not hasattr(os, "getuid") or (found.st_uid == os.getuid() and not found.st_mode & 0o022)
