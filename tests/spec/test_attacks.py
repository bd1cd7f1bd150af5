"""Texts made to hang, to fill memory or to run something: each is judged within two seconds of processor time."""

import sys
import time

import pytest

from symprop.errors import SpecError
from symprop.spec import NetSpec, parse_spec
from tests.spec.stand_in import faults_of, net

# two seconds on an idle machine; one that is busy counts more for the same work, and what hangs takes minutes
SECONDS = 6.0
DEEP = "values are nested too deeply; expected at most 32 levels"
MANY = "the spec has too many values; expected at most 50000"
LONG = "a tag, or a text with !, is too long to be read"
SYNTAX = "this is not YAML: "

LAUGHS = "a: &a [x,x,x,x,x,x,x,x,x]\n" + "".join(
    f"{chr(98 + i)}: &{chr(98 + i)} [{','.join(['*' + chr(97 + i)] * 9)}]\n" for i in range(9)
)

# text, and a part of its report
REFUSED = {
    "brackets": ("a: " + "[" * 20_000, DEEP),
    "braces": ("a: " + "{" * 200_000, DEEP),
    "brackets_on_lines": ("[\n" * 300_000, DEEP),
    "open_lists": ("a: " + "[a," * 100_000, DEEP),
    "dashes": ("- " * 200_000, DEEP),
    "question_marks": ("? " * 200_000, DEEP),
    "indents": ("".join(" " * i + "a:\n" for i in range(1400)), DEEP),
    "billion_laughs": (LAUGHS, "net.yaml:1:4: anchor &a is refused; expected the value alone. Remove it."),
    "many_keys": ("\n".join(f"a{i}: 1" for i in range(90_000)), MANY),
    "many_items": ("a: [" + "1," * 500_000 + "]", MANY),
    "many_lines": ("a:\n" + "- 1\n" * 200_000, MANY),
    "long_text": ("a: " + "x" * 1_000_000, "unknown key 'a'"),
    "long_quote": ('a: "' + "x" * 1_000_000, SYNTAX),
    "long_block": ("a: |\n" + "  xxxx\n" * 140_000, "unknown key 'a'"),
    "comments": ("# x\n" * 250_000, "the spec is empty"),
    "newlines": ("\n" * 1_000_000, "the spec is empty"),
    "anchor": ("&" * 1_000_000, "is refused"),
    "tag": ("!" * 1_000_000, LONG),
    "tag_with_letters": ("!" + "a" * 1_000_000, LONG),
    "tag_in_angles": ("a: !<" + "a" * 1_000_000 + "> b", LONG),
    "aliases": ("*a " * 300_000, "alias *a is refused"),
    "directive": ("%YAML " + "9" * 1_000_000, "cannot be read as YAML"),
    "version": ("%YAML 1." + "9" * 5_000 + "\n---\na: 1\n", "cannot be read as YAML"),
    "colons": (":" * 1_000_000, SYNTAX),
    "quotes": ("'" * 1_000_000, "expected a mapping"),
    "escapes": ('a: "' + "\\x41" * 250_000 + '"', "unknown key 'a'"),
    "continued_text": ("a: x\n" + "  y\n" * 200_000, "unknown key 'a'"),
    "same_key": ("a: 1\n" * 20_000, "key 'a' stands here again; expected it once. See line 1."),
    "digits": ("1" * 1_000_000, "a number of 1000000 characters; expected at most 40"),
    "exponent": ("a: " + "1e" * 500_000, "unknown key 'a'"),
    "documents": ("---\n" * 250_000, "a second document begins here"),
    "long_key": ("x" * 1_000_000 + ": 1", SYNTAX),
    "tabs": ("\t" * 1_000_000, SYNTAX),
    "zero_width": ("a\u200b" * 300_000, "character U+200B (zero width space) cannot be seen"),
    "nul": ("\0" * 1_000_000, "character U+0000 (a control character) cannot be seen"),
    "unknown_keys": (net() + "".join(f"k{i}: 1\n" for i in range(15_000)), "there may be more faults than these 200"),
    "too_many_layers": (
        net(layers="[" + ",".join(f"{{id: l{i}}}" for i in range(9000)) + "]"),
        "there may be more faults than these 200",
    ),
    "unknown_sources": (
        net(layers="[" + ",".join(f"{{id: l{i}, type: dense, units: 1, in: m{i}}}" for i in range(1999)) + "]"),
        "unknown source 'm0'",
    ),
    "long_cycle": (
        net(layers="[" + ",".join(f"{{id: l{i}, type: flatten, in: l{(i + 1) % 1999}}}" for i in range(1999)) + "]"),
        "the layers form a cycle, l0 -> l1 -> ",
    ),
    "long_shape": (
        net(inputs="{x: {shape: [" + "1," * 20_000 + "1]}, y: {shape: [1], role: target}}"),
        "expected at most 5 axes beside the batch axis, got 20001",
    ),
    "parentheses": (
        net(functions="{f: {args: [x], formula: '" + "(" * 200 + "x" + ")" * 200 + "'}}"),
        "brackets are nested more than 40 deep",
    ),
    "long_formula": (
        net(functions="{f: {args: [x], formula: '" + "x+" * 100_000 + "x'}}"),
        "the formula has 200001 characters; expected at most 2000",
    ),
    "misspelt_metrics": (
        net(metrics="[" + ",".join(f"m{i}ccuracyaccuracyaccuracy" for i in range(10_000)) + "]"),
        "there may be more faults than these 200",
    ),
}

GOOD = {
    "layers": net(
        layers="["
        + ",".join(f"{{id: l{i}, type: dense, units: 1}}" for i in range(1999))
        + ", {id: out, type: dense, units: 1}]"
    ),
    "diamond": net(
        layers="["
        + ", ".join(
            f"{{id: a{i}, type: flatten, in: {above}}}, {{id: b{i}, type: flatten, in: {above}}}, "
            f"{{id: c{i}, type: add, in: [a{i}, b{i}]}}"
            for i, above in enumerate(["x", *(f"c{i}" for i in range(29))])
        )
        + ", {id: out, type: dense, units: 1}]"
    ),
    "columns": net(
        inputs="{x: {shape: [20000], columns: ["
        + ",".join(f"c{i}" for i in range(20_000))
        + "]}, y: {shape: [1], role: target}}"
    ),
    "dims": net(dims="{" + ",".join(f"k{i}: 1" for i in range(10_000)) + "}"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_it_is_refused_in_time(name: str) -> None:
    text, part = REFUSED[name]
    start = time.process_time()
    report = faults_of(text)
    assert time.process_time() - start < SECONDS
    assert any(part in line for line in report)
    assert len(report) <= 201


@pytest.mark.parametrize("name", GOOD)
def test_large_but_good_specs_are_read_in_time(name: str) -> None:
    start = time.process_time()
    assert isinstance(parse_spec(GOOD[name]), NetSpec)
    assert time.process_time() - start < SECONDS


FORMULAS = {
    "attribute": "x.__class__",
    "call_of_attribute": "x.f(1)",
    "import": "__import__('os').system('ls')",
    "lambda": "(lambda: x)()",
    "comprehension": "[y for y in x]",
    "generator": "max(x for x in x)",
    "walrus": "(y := x)",
    "f_string": "f'{x}'",
    "string": "'x'",
    "bytes": "b'x'",
    "tower": "((((2**64)**64)**64)**64)**64 * x",
    "power": "(x + 1)**5000",
    "huge_numeral": "9" * 1900,
    "deep": "(" * 200 + "x" + ")" * 200,
    "unary": "-" * 1500 + "x",
    "division_by_zero": "x + 1/0",
    "log_of_a_negative": "x + log(-1)",
    "arity": "max(x)",
    "arity_of_none": "exp()",
    "truth": "x + True",
    "comparison": "x > 0",
    "none": "None",
    "ellipsis": "...",
    "lambda_word": "lambda",
    "unknown_e": "x*E",
    "unknown_i": "x*I",
    "unknown_s": "x*S",
    "unknown_n": "x*N",
    "imaginary": "2j*x",
    "star": "max(*x)",
    "keyword": "max(x, y=1)",
    "subscript_of_call": "exp(x)[0]",
    "dictionary": "{x: 1}",
    "statement": "x; x",
    "assignment": "y = x",
    "matrix": "x @ x",
    "floor": "x // 2",
    "two_lines": "x\nx",
    "carriage_return": "x\rx",
    "zero_width": "x\u200b",
    "right_to_left": "x\u202e",
    "look_alike": "\u0445",
    "full_width": "\uff45\uff56\uff41\uff4c(x)",
    "empty": "   ",
}


@pytest.mark.parametrize("name", FORMULAS)
def test_a_formula_only_builds_expressions(name: str) -> None:
    quoted = "".join(f"\\U{ord(c):08x}" if c in '"\\' or not " " <= c <= "~" else c for c in FORMULAS[name])
    start = time.process_time()
    report = faults_of(net(functions='{f: {args: [x], formula: "' + quoted + '"}}'))
    assert time.process_time() - start < SECONDS
    assert len(report) == 1
    assert report[0].startswith("net.yaml:6:")


def test_reading_needs_no_deep_stack() -> None:
    limit = sys.getrecursionlimit()
    sys.setrecursionlimit(300)
    try:
        with pytest.raises(SpecError, match="nested too deeply"):
            parse_spec("[" * 5000)
    finally:
        sys.setrecursionlimit(limit)
