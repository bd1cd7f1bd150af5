"""The kinds of value a spec is made of, each a check with one sentence and a JSON schema.

A kind is a type for a pydantic field.  Its check takes the value and what is `Known` in this spec, and returns the
value or raises `wrong("expected ...")`.  A value that was reported before, `BROKEN`, passes everywhere.
"""

from __future__ import annotations

import keyword
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any

from pydantic import PlainValidator, ValidationInfo, WithJsonSchema, WrapValidator
from pydantic_core import PydanticCustomError

from symprop.spec.limits import DEFAULT, Limits
from symprop.spec.places import close
from symprop.spec.scalars import BROKEN

IDENTIFIER = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,63}")
LONGEST = 64
LAYER_ID = re.compile(r"(?=.{1,64}\Z)[A-Za-z][A-Za-z0-9_]*(?:\.[A-Za-z][A-Za-z0-9_]*)*")
PARAMETER = re.compile(r"(?:[0-9]{1,5}|[A-Za-z][A-Za-z0-9_.]{0,127})\.[A-Za-z][A-Za-z0-9_]{0,63}")
SYMBOL = re.compile(r"(?=.{1,64}\Z)[A-Za-z][A-Za-z0-9]*(?:[_^][A-Za-z0-9]+){0,2}")
SHADOWED = {"math", "numba", "numpy", "os", "scipy", "symprop", "sys", "test", "typing"}


@dataclass(frozen=True)
class Known:
    """What the names of one spec can mean, for checks that need it."""

    dims: Mapping[str, int] = field(default_factory=dict)
    limits: Limits = DEFAULT


def wrong(sentence: str, hint: str = "") -> PydanticCustomError:
    """The error of a check; `hint` says what to do."""
    return PydanticCustomError("symprop", "{sentence}", {"sentence": sentence, "hint": hint})


def shown(value: object) -> str:
    """How a value is named in a message."""
    match value:
        case None:
            return "nothing"
        case bool():
            return "true" if value else "false"
        case int() | float():
            return str(value)
        case str():
            short = value if len(value) <= 40 else value[:37] + "..."
            # other alphabets hold letters that look like ASCII ones
            return f"text {short!a}"
    return {"list": "a list", "dict": "a mapping"}.get(type(value).__name__, "a value")


Check = Callable[[Any, Known], Any]


def kind(check: Check, schema: dict[str, Any]) -> Any:
    """A field type from a check."""

    def run(value: object, info: ValidationInfo) -> object:
        return value if value is BROKEN else check(value, info.context or Known())

    return Annotated[Any, PlainValidator(run), WithJsonSchema(schema)]


def _let_broken_pass(value: object, handler: Callable[[object], object]) -> object:
    return value if value is BROKEN else handler(value)


def many(inner: Any) -> Any:
    """A list of a kind."""
    return Annotated[list.__class_getitem__(inner), WrapValidator(_let_broken_pass)]


def table(inner: Any) -> Any:
    """A mapping from identifiers to a kind."""
    # written out at run time, since the kinds of keys and values are values of their own
    return Annotated[dict.__class_getitem__((IDENTIFIER_KIND, inner)), WrapValidator(_let_broken_pass)]


def identifier_fault(word: str) -> str:
    """Why a word is not an identifier of a spec, or ""."""
    if len(word) > LONGEST and IDENTIFIER.fullmatch(word[:LONGEST]):
        return f"expected a name of at most {LONGEST} characters, got {len(word)}"
    if not IDENTIFIER.fullmatch(word):
        return f"expected a name of ASCII letters, digits and _ that begins with a letter, got {shown(word)}"
    if keyword.iskeyword(word) or word in {"None", "True", "False"}:
        return f"expected a name, got the Python keyword '{word}'"
    return ""


def _identifier(value: object, known: Known) -> object:
    if not isinstance(value, str):
        raise wrong(f"expected a name, got {shown(value)}")
    if fault := identifier_fault(value):
        raise wrong(fault)
    return value


def _layer_id(value: object, known: Known) -> object:
    if not isinstance(value, str):
        raise wrong(f"expected a name, got {shown(value)}")
    if not LAYER_ID.fullmatch(value):
        expected = "a name of ASCII letters, digits, _ and . that begins with a letter"
        raise wrong(f"expected {expected}, got {shown(value)}")
    if keyword.iskeyword(value):
        raise wrong(f"expected a name, got the Python keyword '{value}'")
    return value


def _symbol(value: object, known: Known) -> object:
    if not isinstance(value, str) or not SYMBOL.fullmatch(value):
        raise wrong(f"expected a symbol such as W_1 or x^1, got {shown(value)}")
    return value


def _extent(value: object, known: Known) -> object:
    if isinstance(value, str) and IDENTIFIER.fullmatch(value):
        return _named_extent(value, known)
    if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= known.limits.extent:
        remedy = "Write it without quotes." if isinstance(value, str) and value.isdecimal() else ""
        raise wrong(f"expected {_whole(1, known.limits.extent)}, or a name from dims, got {shown(value)}", remedy)
    return value


def _named_extent(name: str, known: Known) -> str:
    if name in known.dims:
        return name
    if name == "N":
        raise wrong("N is the batch extent; expected the axes beside it", "Leave N out.")
    if near := close(name, known.dims):
        raise wrong(f"unknown extent '{name}'; did you mean '{near}'?")
    others = f"{', '.join(sorted(known.dims))} or a number" if known.dims else "a number"
    raise wrong(f"unknown extent '{name}'; expected {others}", f"Name it under dims, such as dims: {{{name}: 16}}.")


def _shape(value: object, handler: Callable[[object], object], info: ValidationInfo) -> object:
    most = (info.context or Known()).limits.rank - 1
    if isinstance(value, list) and len(value) > most:
        raise wrong(f"expected at most {most} axes beside the batch axis, got {len(value)}")
    return _let_broken_pass(value, handler)


def _whole(low: float | None, high: float | None) -> str:
    return "a whole number" + _range(low, high)


def _range(low: float | None, high: float | None) -> str:
    if low is not None and high is not None:
        return f" from {low:g} to {high:g}" if abs(high) < 1e6 else f" from {low:g} to {int(high)}"
    if low is not None:
        return f" of at least {low:g}"
    return f" of at most {high:g}" if high is not None else ""


def _outside(value: float, low: float | None, high: float | None) -> bool:
    return (low is not None and value < low) or (high is not None and value > high)


def whole(low: int | None = None, high: int | None = None) -> Any:
    """A whole number within a closed range."""

    def check(value: Any, known: Known) -> int:
        if isinstance(value, bool) or not isinstance(value, int) or _outside(value, low, high):
            raise wrong(f"expected {_whole(low, high)}, got {shown(value)}")
        return value

    bounds = {"minimum": low, "maximum": high}
    return kind(check, {"type": "integer", **{k: v for k, v in bounds.items() if v is not None}})


def number(
    low: float | None = None, high: float | None = None, above: float | None = None, below: float | None = None
) -> Any:
    """A number as float; `low` and `high` may be reached, `above` and `below` may not."""
    expected = "a number" + _range(low, high)
    if above is not None:
        expected += f" above {above:g}"
    if below is not None:
        expected += f" and below {below:g}" if above is not None or low is not None else f" below {below:g}"

    def check(value: Any, known: Known) -> float:
        good = isinstance(value, int | float) and not isinstance(value, bool) and not _outside(value, low, high)
        if not good or (above is not None and value <= above) or (below is not None and value >= below):
            raise wrong(f"expected {expected}, got {shown(value)}")
        return float(value)

    bounds = {"minimum": low, "maximum": high, "exclusiveMinimum": above, "exclusiveMaximum": below}
    return kind(check, {"type": "number", **{k: v for k, v in bounds.items() if v is not None}})


def numbers(count: int, low: float | None = None, high: float | None = None) -> Any:
    """So many numbers, within a closed range."""

    def check(value: Any, known: Known) -> tuple[float, ...]:
        plain = isinstance(value, list) and all(isinstance(v, int | float) and not isinstance(v, bool) for v in value)
        if not plain or len(value) != count or any(_outside(v, low, high) for v in value):
            got = "[" + ", ".join(map(str, value[:8])) + "]" if plain else shown(value)
            raise wrong(f"expected a list of {count} numbers{_range(low, high)}, got {got}")
        return tuple(map(float, value))

    items = {k: v for k, v in {"type": "number", "minimum": low, "maximum": high}.items() if v is not None}
    return kind(check, {"type": "array", "items": items, "minItems": count, "maxItems": count})


def sizes(count: int, low: int, words: tuple[str, ...] = ()) -> Any:
    """One whole number or name from dims for all axes, a list of as many as there are axes, or one of a few words."""
    one = f"a whole number of at least {low}, or a name from dims"
    many = f", or a list of {count} of them" if count > 1 else ""
    expected = f"expected {', '.join([*words, one])}{many}"

    def size(value: Any, known: Known) -> bool:
        if isinstance(value, str):
            return value in known.dims
        return isinstance(value, int) and not isinstance(value, bool) and low <= value <= known.limits.extent

    def check(value: Any, known: Known) -> Any:
        listed = isinstance(value, list) and count > 1 and len(value) == count
        if isinstance(value, str) and value in words:
            return value
        if not all(size(one, known) for one in (value if listed else [value])):
            got = "[" + ", ".join(map(str, value[:8])) + "]" if isinstance(value, list) else shown(value)
            raise wrong(f"{expected}, got {got}")
        return tuple(value) if listed else value

    items = _integer_schema(DEFAULT.extent, low)
    lists = [{"type": "array", "items": items, "minItems": count, "maxItems": count}] if count > 1 else []
    return kind(check, {"anyOf": [items, *lists, *([{"enum": list(words)}] if words else [])]})


def _axes(value: Any, known: Known) -> Any:
    found = value if isinstance(value, list) else [value]
    if not found or not all(isinstance(v, int) and not isinstance(v, bool) and v for v in found):
        got = "[" + ", ".join(map(str, value[:8])) + "]" if isinstance(value, list) else shown(value)
        raise wrong(
            f"expected the number of an axis, or a list of them, got {got}",
            "1 is the first beside the batch, -1 the last.",
        )
    return tuple(value) if isinstance(value, list) else value


def optional(inner: Any) -> Any:
    """A kind whose value may be left empty."""
    return Annotated[inner, WrapValidator(_let_nothing_pass)]


def _let_nothing_pass(value: object, handler: Callable[[object], object]) -> object:
    return None if value is None else handler(value)


def choice(*words: str) -> Any:
    """One of a few words."""

    def check(value: Any, known: Known) -> str:
        if not isinstance(value, str) or value not in words:
            near = close(value, words) if isinstance(value, str) else ""
            expected = " or ".join(words) if len(words) < 3 else "one of " + ", ".join(words)
            sentence = f"unknown value '{value}'; did you mean '{near}'?"
            raise wrong(sentence if near else f"expected {expected}, got {shown(value)}")
        return value

    return kind(check, {"enum": list(words)})


def _flag(value: object, known: Known) -> object:
    if not isinstance(value, bool):
        raise wrong(f"expected true or false, got {shown(value)}")
    return value


def _text(value: object, known: Known) -> object:
    if not isinstance(value, str) or not value.strip():
        raise wrong(f"expected text, got {shown(value)}")
    return value


def _size(value: object, known: Known) -> object:
    """The extent of an index: a number, or arithmetic over names from dims, which is read with the equations."""
    if isinstance(value, str) and value.strip():
        return value
    return str(_extent(value, known))


def _version(value: object, known: Known) -> object:
    if value != 1 or isinstance(value, bool):
        newer = "A newer symprop may read it." if isinstance(value, int) and value > 1 else ""
        raise wrong(f"expected version 1 of the spec, got {shown(value)}", newer)
    return value


def _net_name(value: object, known: Known) -> object:
    name = _identifier(value, known)
    if name in SHADOWED:
        raise wrong(f"'{name}' is the name of a package that a generated module imports; expected another name")
    return name


def _reference(value: object, known: Known) -> object:
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    if not isinstance(value, str) or not value:
        raise wrong(f"expected the id of a layer or the name of an input, got {shown(value)}")
    return value


def _sources(value: object, known: Known) -> object:
    """`in:`, one reference, a list of them, or a map from arguments to them; always a list or a map afterwards."""
    if isinstance(value, list) and value:
        return [_reference(item, known) for item in value]
    if isinstance(value, dict) and value:
        return {key: _reference(item, known) for key, item in value.items()}
    if isinstance(value, list | dict):
        raise wrong(f"expected at least one source, got {shown(value)} without entries")
    return [_reference(value, known)]


def _tie(value: object, known: Known) -> object:
    """`tie:`, one parameter of another layer, or a map from parameters to such; always a map afterwards."""
    table = value if isinstance(value, dict) else {"": value}
    for text in table.values():
        if not isinstance(text, str) or not PARAMETER.fullmatch(text):
            raise wrong(f"expected a parameter of another layer, such as tok.W, got {shown(text)}")
    return dict(table)


def _anything(value: object, known: Known) -> object:
    return value


def _integer_schema(limit: int, low: int = 1) -> dict[str, Any]:
    return {"anyOf": [{"type": "integer", "minimum": low, "maximum": limit}, {"type": "string"}]}


STRING = {"type": "string"}
REFERENCE_SCHEMA = {"type": ["string", "integer"]}
IDENTIFIER_KIND = kind(_identifier, {"type": "string", "pattern": f"^{IDENTIFIER.pattern}$"})
LAYER_ID_KIND = kind(_layer_id, STRING)
VERSION = kind(_version, {"const": 1})
NAME = kind(_net_name, {"type": "string", "pattern": f"^{IDENTIFIER.pattern}$"})
SYMBOL_KIND = kind(_symbol, STRING)
EXTENT = kind(_extent, _integer_schema(DEFAULT.extent))
SHAPE: Any = Annotated[list.__class_getitem__(EXTENT), WrapValidator(_shape)]
AXES = kind(_axes, {"anyOf": [{"type": "integer"}, {"type": "array", "items": {"type": "integer"}, "minItems": 1}]})
FLAG = kind(_flag, {"type": "boolean"})
SIZE = kind(_size, _integer_schema(DEFAULT.extent))
TEXT = kind(_text, STRING)
REFERENCE = kind(_reference, REFERENCE_SCHEMA)
SOURCES = kind(
    _sources,
    {
        "anyOf": [
            REFERENCE_SCHEMA,
            {"type": "array", "items": REFERENCE_SCHEMA},
            {"type": "object", "additionalProperties": REFERENCE_SCHEMA},
        ]
    },
)
TIE = kind(_tie, {"anyOf": [STRING, {"type": "object", "additionalProperties": STRING}]})
# a name, or a mapping with `type` and options; read in a second step, by the registry that it belongs to
PICK = kind(_anything, {"anyOf": [STRING, {"type": "object", "required": ["type"]}]})
MAPPING = kind(_anything, {"type": "object"})
ITEMS = kind(_anything, {"type": "array"})
ANYTHING = kind(_anything, {})
