r"""Commands that a document defines: written out as TeX does, faults at the place where they are used."""

from itertools import pairwise

import pytest

from symprop.errors import ClaimError
from symprop.frontends.latex import lines

WRITTEN_OUT = [
    (r"\newcommand{\dW}{\delta W} \[ \dW = 1 \]", r"\delta W = 1"),
    (r"\newcommand\dW{\delta W} \[ \dW = 1 \]", r"\delta W = 1"),
    (r"\newcommand*{\g}[2]{\frac{\partial #1}{\partial #2}} \[ \g{L}W = 1 \]", r"\frac{\partial L}{\partial W} = 1"),
    (r"\newcommand{\g}[2][L]{\nabla_{#2} #1} \[ \g{W} = \g[J]{b} \]", r"\nabla_{W} L = \nabla_{b} J"),
    (r"\def\v#1{\vec#1} \[ \v x = \v{y z} \]", r"\vec x = \vec y z"),
    (r"\def\pair#1#2{#2 #1} \[ \pair ab = \pair{c}{d} \]", r"b a = d c"),
    (r"\let\eps=\varepsilon \let\e\eps \[ x = \e \]", r"x = \varepsilon"),
    (r"\DeclareMathOperator*{\sm}{softmax} \[ P = \sm(Z) \]", r"P = \operatorname{softmax}(Z)"),
    (r"\newcommand{\a}{A}\newcommand{\b}{\a^\top} \[ x = \b B \]", r"x = A^\top B"),
    (r"\newcommand{\a}{A} \renewcommand{\a}{B} \providecommand{\a}{C} \[ x = \a \]", r"x = B"),
    (r"\providecommand{\a}{C} \[ x = \a \]", r"x = C"),
    (r"\newcommand{\be}{\begin{equation}}\newcommand{\ee}{\end{equation}} \be x = 1 \ee", r"x = 1"),
    (r"\newcommand{\dL}[1]{\frac{\partial L}{\partial #1}} so $\dL{W} = 1$", r"\frac{\partial L}{\partial W} = 1"),
    (r"\[ \pdv{L}{W} = \dv{L}{b} \]", r"\frac{\partial L}{\partial W} = \frac{d L}{d b}"),
    (r"\newcommand{\t}[1]{{#1}^\top} \[ x = \t{\t{A}} \]", r"x = {{A}^\top}^\top"),
    (r"\newcommand{\x}{y} % \newcommand{\x}{z}" + "\n" + r"\[ \x = 1 \]", r"y = 1"),
    (r"\newcommand{\al}{\alpha}\newcommand{\w}[1]{\al#1} \[ \w b = 1 \]", r"\alpha b = 1"),
]


@pytest.mark.parametrize(("text", "expected"), WRITTEN_OUT)
def test_commands_are_written_out(text: str, expected: str) -> None:
    (line,) = lines(text, "hand.tex")
    assert " ".join(line.text.split()) == expected


def test_the_places_are_those_of_the_document() -> None:
    text = r"\newcommand{\t}[1]{#1^\top}" + "\n" + r"\[ x = \t{A} + B \]"
    (line,) = lines(text, "hand.tex")
    at = {c: text[line.origin(line.text.index(c))] for c in "xAB"}
    assert at == {"x": "x", "A": "A", "B": "B"}
    assert text[line.origin(line.text.index("^")) :].startswith(r"\t{A}")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "\\newcommand{\\x}{a \\x}\n\\[ y = \\x \\]",
            "hand.tex:2:8: command \\x has no end, or one that is far; expected a definition without itself",
        ),
        (
            "\\def\\a{\\b}\\def\\b{\\a}\n\\[ y = \\a \\]",
            "hand.tex:2:8: command \\b has no end, or one that is far; expected a definition without itself",
        ),
    ],
)
def test_a_command_without_end_is_a_fault_where_it_is_used(text: str, message: str) -> None:
    with pytest.raises(ClaimError) as caught:
        lines(text, "hand.tex")
    assert str(caught.value) == message


@pytest.mark.parametrize("last", ["1", ""])
def test_commands_that_double_are_stopped(last: str) -> None:
    names = "abcdefghijklmnopqrst"
    defined = "".join(rf"\def\x{b}{{\x{a}\x{a}\x{a}\x{a}}}" for a, b in pairwise(names))
    with pytest.raises(ClaimError, match="has no end, or one that is far"):
        lines(rf"\def\xa{{{last}}}{defined} \[ y = \xt \]", "hand.tex")


def test_a_definition_of_another_form_is_none() -> None:
    (line,) = lines(r"\def\x(#1){#1} \[ y = \x(2) \]", "hand.tex")
    assert line.text.strip() == r"y = \x(2)"
    assert lines(r"\newcommand{a}{b} \[ a = 1 \]", "hand.tex")[0].text.strip() == "a = 1"


@pytest.mark.parametrize(
    "text",
    [r"\newcommand", r"\newcommand{", r"\newcommand{\x}", r"\def\x", r"\let", r"\let\x", r"\newcommand\x[2]{#1#9}\x"],
)
def test_a_definition_that_ends_too_early_is_no_fault_of_a_formula(text: str) -> None:
    assert [line.text.strip() for line in lines(rf"\[ a = b \] {text}", "hand.tex")] == ["a = b"]
