"""What the parser refuses, each with its whole sentence and its place, and quickly."""

import time
import warnings

import pytest

from symprop.errors import FormulaError
from symprop.language import Extent, Scope, Tensor, parse_equation, parse_expression


def tensor(name, *axes, **more):
    return Tensor(name, tuple(map(Extent.of, axes)), **more)


TENSORS = [
    tensor("X", "N", 3),
    tensor("W", 3, 4),
    tensor("E", "V", 5),
    tensor("Z", "N", 4),
    tensor("x", "T"),
    tensor("s"),
    tensor("tok", "N", "T", dtype="integer", high=Extent.of("V")),
]
SCOPE = Scope({t.name: t for t in TENSORS}, {"j": 4}, functions={"sigmoid": 1})

CONDITION = "a condition stands where a number is expected. Write where(condition, a, b)."
NUMERAL = "a numeral of this size cannot stand in a formula; expected at most 512 bits"
PARTS = "the formula has too many parts; expected at most 400"
DEEP = "the formula is nested too deeply"
INVALID = "this is not a formula: invalid syntax"
ON_INDICES = "a condition on indices is expected, such as [s <= t]"


def cannot(what):
    return f"{what} cannot stand in a formula"


def strange(code):
    return f"character U+{code} cannot stand in a formula; expected plain ASCII"


REFUSED = [
    # what reaches for Python
    ("s.real", 1, cannot("an attribute")),
    ("1 + s.__class__.__base__", 5, cannot("an attribute")),
    ("(lambda: 1)()", 2, "only a function's name can be called"),
    ("2*(lambda: 1)", 4, cannot("a lambda")),
    ("[x for x in s]", 1, cannot("a comprehension")),
    ("{x for x in s}", 1, cannot("a comprehension")),
    ("{x: x for x in s}", 1, cannot("a comprehension")),
    ("exp(x for x in s)", 4, cannot("a comprehension")),
    ("{s}", 1, cannot("a set")),
    ("{s: 1}", 1, cannot("a dictionary")),
    ("(s, s)", 1, cannot("a tuple")),
    ("s + (y := 3)", 6, cannot("an assignment")),
    ("f'{s}'", 1, cannot("an f-string")),
    ("s + 'abc'", 5, cannot("a string")),
    ("b'abc'", 1, cannot("a string")),
    ('"""abc"""', 1, cannot("a string")),
    ("'\\d'", 1, "this is not a formula: invalid escape sequence '\\d'"),
    ("await s", 1, cannot("await")),
    ("yield s", 1, INVALID),
    ("import os", 1, INVALID),
    ("s; s", 2, INVALID),
    ("s = 1", 3, INVALID),
    ("*s", 1, INVALID),
    ("exp(*s)", 5, cannot("a star")),
    ("exp(x=s)", 7, "named arguments cannot stand in a formula"),
    ("exp(**s)", 7, "named arguments cannot stand in a formula"),
    ("__import__('os')", 1, "'__import__' is not a name; expected a letter, then at most 63 letters, digits or _"),
    ("s + __x", 5, "'__x' is not a name; expected a letter, then at most 63 letters, digits or _"),
    (
        "s*" + "a" * 65,
        3,
        "'" + "a" * 17 + "...' is not a name; expected a letter, then at most 63 letters, digits or _",
    ),
    ("exec('1')", 1, "unknown function 'exec'"),
    ("open(s)", 1, "unknown function 'open'"),
    ("s(1)", 1, "unknown function 's'"),
    ("exp(s)(s)", 1, "only a function's name can be called"),
    ("s if s else 1", 1, cannot("`if`")),
    ("1if s else 2", 1, "this is not a formula: invalid decimal literal"),
    ("s and s", 1, cannot("`and` or `or`")),
    ("not s", 1, cannot("this operator")),
    ("~s", 1, cannot("this operator")),
    # constants
    ("((((2**64)**64)**64)**64)**64", 4, "a constant grows beyond 512 bits here"),
    ("2**9999999", 4, "exponent 9999999 is too large; expected at most 64"),
    ("s + s**(0 - 65)", 9, "exponent -65 is too large; expected at most 64"),
    ("10**60*10**60*10**60", 1, "a constant grows beyond 512 bits here"),
    ("9" * 400, 1, NUMERAL),
    ("1e999", 1, NUMERAL),
    ("1e99999999999", 1, NUMERAL),
    ("s + 1e-5000", 5, NUMERAL),
    ("1/0", 3, "division by zero"),
    ("s/(1 - 1)", 4, "division by zero"),
    ("2*0**(-1)", 3, "division by zero"),
    ("log(-1)", 1, "log of -1 is not a real number"),
    ("1 + log(2 - 2)", 5, "log of 0 is not a real number"),
    ("sqrt(-1)", 1, "a negative number under a fractional power is not real"),
    ("(0 - 2)**(1/2)", 1, "a negative number under a fractional power is not real"),
    ("True", 1, cannot("a truth value")),
    ("exp(True)", 5, cannot("a truth value")),
    ("None", 1, cannot("None")),
    ("s + ...", 5, cannot("`...`")),
    ("1j", 1, cannot("a complex number")),
    ("0x10", 1, cannot("this numeral")),
    ("1_000", 1, cannot("this numeral")),
    # size
    ("(" * 200 + "s" + ")" * 200, 41, "brackets are nested more than 40 deep"),
    ("-" * 1900 + "s", 1, DEEP),
    ("-" * 590 + "s", 1, DEEP),
    ("**".join("s" * 200), 358, DEEP),
    ("x[" + "-" * 500 + "1]", 1, DEEP),
    ("s" + "+s" * 600, 1, DEEP),
    ("+".join(["exp(s)"] * 250), 1, PARTS),
    ("s" + " " * 2000, 1, "the formula has 2001 characters; expected at most 2000"),
    ("", 1, "the formula is empty"),
    ("  \t", 1, "the formula is empty"),
    # characters
    ("s\0", 2, strange("0000")),
    ("s\r+1", 2, strange("000D")),
    ("s + \u200bs", 5, strange("200B")),
    ("s\u202e", 2, strange("202E")),
    ("s + \u0430", 5, strange("0430")),
    ("\uff45xp(s)", 1, strange("FF45")),
    ("s\u00a0+ 1", 2, strange("00A0")),
    # arguments
    ("exp()", 1, "exp takes 1 argument, got 0"),
    ("2*exp(s, s)", 3, "exp takes 1 argument, got 2"),
    ("max(s)", 1, "max takes 2 arguments, got 1"),
    ("where(s > 0, s)", 1, "where takes 3 arguments, got 2"),
    ("where(s, s, s)", 7, "where needs a condition first, such as x > 0"),
    ("sigmoid(s, 2)", 1, "sigmoid takes 1 argument, got 2"),
    ("s > 0", 1, CONDITION),
    ("1 + (s > 0)", 6, CONDITION),
    ("log(s > 0)", 5, CONDITION),
    ("where(1 < s < 2, 1, 2)", 7, "a chain of comparisons cannot stand here. Compare two values at a time."),
    ("where(s is s, 1, 2)", 7, "comparison 'is' is not known; expected < <= > >= == !="),
    ("where(s not in s, 1, 2)", 7, "comparison 'not in' is not known; expected < <= > >= == !="),
    ("s // 2", 1, "operator '//' is not known; expected + - * / **"),
    ("s @ s", 1, "operator '@' is not known; expected + - * / **"),
    ("s ^ 2", 1, "operator '^' is not known; expected + - * / **"),
    ("s % 2", 1, "operator '%' is not known; expected + - * / **"),
    # names
    ("I", 1, "unknown name 'I'"),
    ("2*S", 3, "unknown name 'S'"),
    ("sigmoid", 1, "unknown name 'sigmoid'"),
    ("lambda", 7, INVALID),
    ("s +", 4, INVALID),
    ("s s", 3, INVALID),
    ("(s +", 1, "this is not a formula: '(' was never closed"),
    ("s)", 2, "this is not a formula: unmatched ')'"),
    ("(s\n+ QQ)", "line 2, column 3", "unknown name 'QQ'"),
    ("sigmod(s)", 1, "unknown function 'sigmod'. Did you mean 'sigmoid'?"),
    ("Exp(s)", 1, "unknown function 'Exp'. Did you mean 'exp'?"),
    ("1 + tock[0,0]", 5, "unknown tensor 'tock'. Did you mean 'tok'?"),
    ("E", 1, "E has 2 axes, but no indices are given"),
    # indices
    ("X[0]", 1, "X has 2 axes, but 1 is given"),
    ("X[0,1,2]", 1, "X has 2 axes, but 3 are given"),
    ("x[0.5]", 3, "a position is a whole number"),
    ("x[i+1]", 3, "the extent of index 'i' is not known here"),
    ("X[0,i]*W[0,i]", 12, "index i runs over 3 elsewhere, but this axis has 4"),
    ("sum[i](W[i,0]*X[0,i+i*i])", 21, "a product of two indices is not affine. Multiply an index by a whole number."),
    ("x[1:2]", 3, "a slice cannot stand in a position. Positions are like 2*p + u - 1."),
    ("x[exp(s)]", 3, "call cannot stand in a position. Positions are like 2*p + u - 1."),
    ("x['a']", 3, cannot("a string")),
    ("E[W[0,0],0]", 3, "W is not an integer tensor and cannot stand in a position"),
    ("tok[0]", 1, "tok has 2 axes, but 1 is given"),
    ("sum(s)", 1, "sum needs the index it runs over, such as sum[i](...)"),
    ("sum[i]", 1, "sum[...] needs an expression behind it, sum[i](...)"),
    ("prod[i](W[i,0])", 1, "unknown reduction 'prod'; expected one of sum, max, min, argmax, argmin"),
    ("sum[i](s)", 5, "the extent of index 'i' is not known. Read a tensor with it, or declare it."),
    ("sum[i,i](W[i,0])", 5, "an index is bound twice"),
    ("sum[2*i](W[i,0])", 5, "a reduction binds index names, such as sum[i](...)"),
    ("sum[i](W[i,0], 1)", 1, "sum takes one expression, got 2"),
    ("sum[i: i](W[i,0])", 8, ON_INDICES),
    ("sum[i:1:2](W[i,0])", 5, "write the range of a bound index as `s: s <= t`"),
    ("sum[i: i != 2](W[i,0])", 8, "comparison '!=' is not known between indices; expected < <= > >= =="),
    ("[N < T or T < 3]", 2, ON_INDICES),
    ("[1, 2]", 2, ON_INDICES),
]


@pytest.mark.parametrize(
    "text, column, message", REFUSED, ids=[text[:30].encode().hex()[:24] for text, _, _ in REFUSED]
)
def test_refused(text, column, message):
    start = time.process_time()
    with warnings.catch_warnings(record=True) as shown, pytest.raises(FormulaError) as caught:
        parse_expression(text, SCOPE, where="net.yaml:3")
    place = column if isinstance(column, str) else f"column {column}"
    assert str(caught.value) == f"net.yaml:3: {place}: {message}"
    assert caught.value.exit_code == 2
    assert not shown
    assert time.process_time() - start < 2


EQUATIONS = [
    ("Z[n,j]", 1, "one equation `target[indices] = expression` is expected"),
    ("Z[n,j] = W[0,j]; s = 1", 1, "one equation `target[indices] = expression` is expected"),
    ("Z = s = 1", 1, "one equation `target[indices] = expression` is expected"),
    ("import os", 1, "one equation `target[indices] = expression` is expected"),
    ("Z[n,j] = Q[n]", 10, "unknown tensor 'Q'"),
    ("Z[n,j] = s +", 13, INVALID),
    ("Z[n] = s", 1, "Z has 2 axes, but 1 is given"),
    ("Z[n,n] = s", 1, "index n stands twice on the left"),
    ("Z[n,2*j] = s", 5, "the left of an equation has plain indices, or compounds of them"),
    ("Z[n,3] = s", 5, "the left of an equation has plain indices, or compounds of them"),
    ("(s, x[0]) = 1", 1, "the left of an equation is a tensor with indices, such as Z[n,j]"),
    ("Z.x = 1", 1, "the left of an equation is a tensor with indices, such as Z[n,j]"),
    ("exp = s", 1, "exp is a name of the language and cannot be defined"),
    ("sum[n] = s", 1, "sum is a name of the language and cannot be defined"),
    ("pi = 3", 1, "pi is a name of the language and cannot be defined"),
    ("Z[n,k] = X[n,k]", 14, "index k runs over 4 elsewhere, but this axis has 3"),
    ("Z[n,k] = s > 0", 10, CONDITION),
]


@pytest.mark.parametrize("text, column, message", EQUATIONS, ids=[text for text, _, _ in EQUATIONS])
def test_equations_refused(text, column, message):
    with pytest.raises(FormulaError) as caught:
        parse_equation(text, SCOPE, where="net.yaml:3")
    assert str(caught.value) == f"net.yaml:3: column {column}: {message}"


def test_a_free_index_on_the_right_is_refused():
    with pytest.raises(FormulaError) as caught:
        parse_equation("s = X[n,i]", SCOPE, where="equation 's'")
    assert str(caught.value) == (
        "equation 's': index i, n of the right side is free but is not on the left, s. "
        "Sum over i, n or write it on the left."
    )


LIMITS = [
    "-" * 100 + "s",
    "+".join("s" * 290),
    "*".join("s" * 290),
    "**".join("s" * 30),
    "exp(" * 39 + "s" + ")" * 39,
    "(" * 40 + "s" + ")" * 40,
    "x[" + "+".join("1" * 280) + "]",
    "1/" + "9" * 154,
]


@pytest.mark.parametrize("text", LIMITS, ids=[text[:20] for text in LIMITS])
def test_what_is_just_within_the_limits_is_read_and_printed(text):
    expr = parse_expression(text, SCOPE)
    assert parse_expression(str(expr), SCOPE) == expr
