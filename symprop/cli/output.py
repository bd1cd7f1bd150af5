"""Where results go: standard output, or a file that appears whole or not at all.

Enters: text and a place.  Leaves: bytes in it.  A file that is there is replaced only if it holds the same bytes, or is
symprop's own and nobody changed it, which its seal tells; anything else needs --force.
"""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import stat
import sys
from pathlib import Path
from typing import Any

import click

from symprop.cli.messages import say
from symprop.cli.seal import is_own, sealed
from symprop.errors import Fault, InputError, MachineError

STDOUT = "-"


def print_text(text: str) -> None:
    """Text on standard output, with a newline at its end."""
    click.echo(text, nl=not text.endswith("\n"))


def print_json(value: Any) -> None:
    """One object on standard output."""
    print_text(json_text(value))


def json_text(value: Any) -> str:
    """JSON as symprop writes it: a line for each key, and for each element of a list of objects; keys stay in order."""
    if not isinstance(value, dict):
        return _compact(value) + "\n"
    return "{\n" + ",\n".join(f" {_compact(key)}: {_value(item)}" for key, item in value.items()) + "\n}\n"


def _value(item: Any) -> str:
    if isinstance(item, list) and item and isinstance(item[0], dict):
        return "[\n  " + ",\n  ".join(map(_compact, item)) + "\n ]"
    return _compact(item)


def _compact(item: Any) -> str:
    return json.dumps(item, ensure_ascii=False, allow_nan=False)


def deliver(text: str, place: str | None, form: str, force: bool = False) -> None:
    """Text to standard output (no place, or `-`), or to a file, sealed where its form has comments.

    Args:
        text: the whole content.
        place: path of a file, `-`, or None.
        form: "latex", "markdown", "text", "yaml", "json", "svg", or "plain", which is never sealed.
        force: replace whatever is there.

    Raises:
        InputError: something else is there.
        MachineError: it cannot be written.
    """
    if place is None or place == STDOUT:
        return print_text(text)
    write_file(Path(place), sealed(text, form), form, force)
    say(f"wrote {shown(place)}")


def write_file(path: Path, content: str, form: str, force: bool = False) -> None:
    """Write a file by way of a temporary one; see `deliver`."""
    _check_place(path)
    if not force:
        _check_free(path, content, form)
    try:
        _replace(path, content.encode("utf-8"))
    except OSError as error:
        raise MachineError(f"{shown(path)}: it cannot be written: {error.strerror or error}.") from error


def silence_stdout() -> None:
    """Point standard output nowhere, so that the interpreter's last flush of it does not fail."""
    with contextlib.suppress(OSError, ValueError):
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, sys.stdout.fileno())
        os.close(nowhere)


def shown(path: str | Path) -> str:
    """A path on one line."""
    text = "".join(c if c.isprintable() else "?" for c in str(path))
    return text if len(text) <= 200 else "..." + text[-197:]


def _check_place(path: Path) -> None:
    if "\0" in str(path) or path.name in ("", ".", ".."):
        raise InputError(Fault(shown(path), "this is no name of a file", "Give one such as report.tex, or -."))
    if path.is_dir():
        raise InputError(Fault(shown(path), "this is a folder; expected a file", f"Give {shown(path / 'NAME')}."))


def _check_free(path: Path, content: str, form: str) -> None:
    try:
        kind = os.lstat(path).st_mode
    except FileNotFoundError:
        return
    except OSError as error:
        raise MachineError(f"{shown(path)}: it cannot be written: {error.strerror or error}.") from error
    if stat.S_ISREG(kind):
        with contextlib.suppress(OSError, UnicodeDecodeError):
            held = path.read_bytes().decode("utf-8")
            if held == content or is_own(held, form):
                return
    message = "a file is there that symprop did not write, or that was changed since"
    raise InputError(Fault(shown(path), message, "Choose another name, or use --force."))


def _replace(path: Path, content: bytes) -> None:
    temporary = path.with_name(f".symprop-{secrets.token_hex(6)}.tmp")
    try:
        with open(temporary, "xb") as stream:
            stream.write(content)
            stream.flush()
            os.fsync(stream.fileno())
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)
