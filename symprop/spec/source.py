"""A path, or standard input, to text: the only file of this package that touches files.

Only a regular file is opened, since a FIFO would wait for ever and a device need not end.  The text is bounded, is
UTF-8, and holds no character that a reader cannot see.
"""

from __future__ import annotations

import errno
import os
import re
import stat
import sys
import unicodedata
from pathlib import Path

from symprop.errors import Fault, MachineError, SpecError
from symprop.spec.limits import DEFAULT, Limits
from symprop.spec.places import Finding, Place, close, faults

# Control characters except tab and newline; a carriage return is fine before a newline.
CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]|\r(?!\n)")
# Formats (zero width, right to left), surrogates, private use, unassigned, line and paragraph separators.
UNSEEN = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}
SHOWN = 20
WORDS = {errno.ENOENT: "there is no such file", errno.EACCES: "the file may not be read by this user"}


def read_text(
    path: str | os.PathLike[str], limits: Limits = DEFAULT, expected: str = "a spec such as net.yaml"
) -> tuple[str, str]:
    """Name for messages, and text, of a file or of `-`.

    Args:
        path: of the file.
        limits: bounds on what is read.
        expected: what a file is that can be given, for the message that there is none.

    Raises:
        MachineError: there is no such file, or it cannot be read, or it is not a regular file.
        SpecError: it is too long, is not UTF-8, or holds characters that cannot be seen.
    """
    if os.fspath(path) == "-":
        name, raw = "standard input", sys.stdin.buffer.read(limits.size_bytes + 1)
    else:
        name = _shown(os.fspath(path))
        raw = _bytes(Path(path), name, limits, expected)
    return name, decode(raw, name, limits)


def decode(raw: bytes, name: str, limits: Limits = DEFAULT) -> str:
    """Bytes to text, within the limits; a byte order mark at the start is dropped."""
    if len(raw) > limits.size_bytes:
        too_long(name, limits)
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = raw[: error.start].decode("utf-8", "replace")
        message = f"byte 0x{raw[error.start]:02X} is not UTF-8; expected text in UTF-8"
        fault = Finding(place_of(before, len(before)), message, "Save the file as UTF-8.").fault(name)
        raise SpecError(fault) from None
    return text


def too_long(name: str, limits: Limits) -> None:
    """Refuse a text over the size limit."""
    raise SpecError(Fault(name, f"the file is too long; expected at most {limits.size_bytes} bytes"))


def check_characters(text: str, name: str) -> None:
    """Refuse characters that a reader of the file cannot see, naming the first twenty.

    Raises:
        SpecError: there is one.
    """
    offsets = [match.start() for match in CONTROL.finditer(text)]
    bad = {c for c in set(text) if c not in "\r\n\t" and unicodedata.category(c) in UNSEEN}
    if bad and not text.isascii():
        offsets += [m.start() for m in re.finditer("[" + re.escape("".join(sorted(bad))) + "]", text)]
    shown = sorted(set(offsets))[:SHOWN]
    if shown:
        raise SpecError(faults([Finding(place_of(text, at), _unseen(text[at]), "Remove it.") for at in shown], name))


def unseen(text: str) -> str:
    """What is wrong with the first character of a value that cannot be seen, or ""; newlines and tabs are fine."""
    found = next((c for c in text if c not in "\n\t" and unicodedata.category(c) in UNSEEN), "")
    return _unseen(found) if found else ""


def place_of(text: str, offset: int) -> Place:
    """Line and column of an offset."""
    start = text.rfind("\n", 0, offset) + 1
    return Place(text.count("\n", 0, offset) + 1, offset - start + 1)


def _unseen(character: str) -> str:
    name = unicodedata.name(character, "a control character" if ord(character) < 160 else "no name")
    return f"character U+{ord(character):04X} ({name.lower()}) cannot be seen; expected printable text"


def _shown(path: str) -> str:
    """The path as it is shown: on one line, at most 200 characters of it."""
    text = "".join(c if c.isprintable() else "?" for c in path)
    return text if len(text) <= 200 else "..." + text[-197:]


def _bytes(path: Path, name: str, limits: Limits, expected: str) -> bytes:
    try:
        # without O_NONBLOCK, opening a FIFO waits for a writer
        handle = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
    except (OSError, ValueError) as error:
        raise MachineError(str(_cannot_open(path, name, error, expected))) from None
    mode = os.fstat(handle).st_mode
    if not stat.S_ISREG(mode):
        os.close(handle)
        raise MachineError(str(_not_a_file(name, mode)))
    with os.fdopen(handle, "rb") as file:
        return file.read(limits.size_bytes + 1)


def _cannot_open(path: Path, name: str, error: OSError | ValueError, expected: str) -> Fault:
    number = error.errno if isinstance(error, OSError) else None
    if number == errno.EISDIR:
        return _not_a_file(name, stat.S_IFDIR)
    words = WORDS.get(number or 0) or (os.strerror(number).lower() if number else "this is not a path")
    return Fault(name, f"{words}; expected {expected}", _neighbour(path) if number == errno.ENOENT else "")


def _neighbour(path: Path) -> str:
    try:
        near = close(path.name, [p.name for p in path.parent.iterdir() if p.suffix in {".yaml", ".yml", path.suffix}])
    except OSError:
        return ""
    return f"Did you mean '{_shown(str(path.parent / near))}'?" if near else ""


def _not_a_file(name: str, mode: int) -> Fault:
    kinds = {stat.S_IFDIR: "a folder", stat.S_IFIFO: "a pipe", stat.S_IFSOCK: "a socket"}
    kind = kinds.get(stat.S_IFMT(mode), "a device")
    return Fault(name, f"this is {kind}; expected a file", "" if kind == "a folder" else "Use - for standard input.")
