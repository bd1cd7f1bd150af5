"""A comment at the end of a file, by which symprop knows its own output again and sees whether somebody changed it.

Enters: text and its form.  Leaves: the text with a last line that holds the SHA-256 of all before it; of JSON, the
object with a last key that holds that of the others.  Any other form, CSV for one, has no comments and stays as it is.
"""

from __future__ import annotations

import hashlib
import json

KEY = "sha256"
COMMENTS: dict[str, tuple[str, str]] = {
    "latex": ("% ", ""),
    "markdown": ("<!-- ", " -->"),
    "svg": ("<!-- ", " -->"),
    "text": ("# ", ""),
    "yaml": ("# ", ""),
}
WORDS = "symprop wrote the text above; its sha256 is "


def sealed(text: str, form: str) -> str:
    """The text with its seal."""
    if form == "json":
        return _sealed_json(text)
    if form not in COMMENTS:
        return text
    body = text if text.endswith("\n") else text + "\n"
    return body + _line(body, form)


def is_own(text: str, form: str) -> bool:
    """True of a text that carries the seal of what it says."""
    if form == "json":
        return _is_own_json(text)
    if form not in COMMENTS:
        return False
    body, newline, line = text.removesuffix("\n").rpartition("\n")
    return bool(newline) and line + "\n" == _line(body + newline, form)


def _line(body: str, form: str) -> str:
    before, after = COMMENTS[form]
    return f"{before}{WORDS}{_digest(body)}{after}\n"


def _sealed_json(text: str) -> str:
    plain = json.loads(text)
    return json.dumps({**plain, KEY: _digest(_canonical(plain))}, indent=1, ensure_ascii=False) + "\n"


def _is_own_json(text: str) -> bool:
    try:
        plain = json.loads(text)
    except (ValueError, RecursionError):
        return False
    if not isinstance(plain, dict) or KEY not in plain:
        return False
    seal = plain.pop(KEY)
    return bool(seal == _digest(_canonical(plain)))


def _canonical(plain: object) -> str:
    return json.dumps(plain, sort_keys=True, separators=(",", ":"))


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
