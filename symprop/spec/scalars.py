"""Plain YAML scalars, read as YAML 1.2's core schema does, and more strictly where people and YAML differ.

`1e-3` is a number, `no` and `on` are texts; octal, hexadecimal, NaN and infinity are refused with advice.
"""

from __future__ import annotations

import math
import re
from typing import Any, Final

from symprop.spec.limits import Limits


class Broken:
    """Stands for a value that has been reported already; every check lets it pass."""

    def __repr__(self) -> str:
        return "BROKEN"


BROKEN: Final = Broken()

NOTHING = {"", "~", "null", "Null", "NULL"}
FLAGS = {"true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False}
WHOLE = re.compile(r"[-+]?(?:0|[1-9]\d*)")
ZERO_LED = re.compile(r"[-+]?0\d+")
NUMERAL = re.compile(r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?")
OTHER_BASE = re.compile(r"[-+]?0[xob][0-9a-fA-F_]+")
INFINITE = re.compile(r"[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)")


def resolve(text: str, limits: Limits) -> tuple[Any, str, str]:
    """Value of a plain scalar; where it is refused, what is wrong and what to do."""
    if text in NOTHING:
        return None, "", ""
    if text in FLAGS:
        return FLAGS[text], "", ""
    if text[0] not in "+-.0123456789":
        return text, "", ""
    if ZERO_LED.fullmatch(text) and len(text) <= limits.digits:
        message = f"{text} is octal to some readers of YAML; expected a number without a leading 0"
        return BROKEN, message, f"Write {int(text)}, or quote it."
    if OTHER_BASE.fullmatch(text):
        return BROKEN, f"{text[:40]} is not decimal; expected a decimal number", "Quote it if it is text."
    if INFINITE.fullmatch(text):
        return BROKEN, f"{text} is not a finite number; expected one", "Quote it if it is text."
    return _numeral(text, limits) if NUMERAL.fullmatch(text) else (text, "", "")


def _numeral(text: str, limits: Limits) -> tuple[Any, str, str]:
    if len(text) > limits.digits:
        return BROKEN, f"a number of {len(text)} characters; expected at most {limits.digits}", ""
    if WHOLE.fullmatch(text):
        return int(text), "", ""
    value = float(text)
    if not math.isfinite(value):
        return BROKEN, f"{text} is beyond the largest float64; expected a finite number", ""
    return value, "", ""
