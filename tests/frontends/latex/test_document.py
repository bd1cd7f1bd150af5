"""A document's lines of mathematics; prose is passed over, and places are those of the document."""

import pytest

from symprop.errors import ClaimError
from symprop.frontends.latex import lines

DOCUMENT = r"""
\documentclass{article}
\newcommand{\x}{a = b}
\begin{document}
The loss is $L = 3$, and $x = 3$; see $\frac{\partial a}{\partial z} = 1$. It costs \$5 and \$6.   % $ not open
By the chain rule $\frac{\partial L}{\partial W} = X^\top \delta$ for \(\nabla_b L = 1\).
\begin{align*}
  \delta &= P - Y,            \\[4pt]          % a comment with \\ and = in it
  A &= B \\
    &= C
       + D \label{eq:x} \\
    &\quad + E \\
  F &= 1 & G &= 2 \\
  H &= \begin{cases} 1 & a = b \\ 2 & \text{otherwise} \end{cases} \\
  & &
\end{align*}
\[ \boxed{\begin{aligned} M &= 1 \\ N &= 2 \end{aligned}} \]
$$ x \in R $$
\begin{equation} \sum_{i=1}^{N} x_i \end{equation}
\begin{gather} p = 1, \quad q = 2 \\ \left\{ s = t \right. \end{gather} \[ \left\{ s = t \right. \]
\begin{eqnarray} u &=& 1 \\ &=& 2 \end{eqnarray}
\begin{verbatim} \[ v = 1 \] \end{verbatim}
\end{document}
"""


def test_the_lines_of_a_document() -> None:
    found = [" ".join(line.text.split()) for line in lines(DOCUMENT, "hand.tex")]
    assert found == [
        r"\frac{\partial L}{\partial W} = X^\top \delta",
        r"\nabla_b L = 1",
        r"\delta &= P - Y,",
        r"A &= B \\ &= C + D \label{eq:x} \\ &\quad + E",
        "F &= 1",
        "G &= 2",
        r"H &= \begin{cases} 1 & a = b \\ 2 & \text{otherwise} \end{cases}",
        "M &= 1",
        "N &= 2",
        "p = 1,",
        "q = 2",
        r"\left\{ s = t \right.",
        r"u &=& 1 \\ &=& 2",
    ]


def test_arrows_stand_between_equations() -> None:
    found = lines(r"\[ a = b \implies c = d \] \[ \Rightarrow e = f \]", "hand.tex")
    assert [line.text.strip() for line in found] == ["a = b", "c = d", r"\Rightarrow e = f"]


def test_every_line_knows_its_offset() -> None:
    for line in lines(DOCUMENT, "hand.tex"):
        assert DOCUMENT[line.start : line.start + 3] == line.text[:3]


def test_a_text_without_delimiters_is_mathematics_line_by_line() -> None:
    found = lines("a = b\n  + c\n d = e \\\\ f = g", "hand.tex")
    assert [line.text for line in found] == ["a = b\n  + c", "d = e", "f = g"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (r"x \[ a = b", r"hand.tex:1:3: '\[' is not closed; expected '\]'"),
        ("one\n  $$ a = b", "hand.tex:2:3: '$$' is not closed; expected '$$'"),
        (r"\begin{align} a = b \end{align*}", r"hand.tex:1:1: '\begin{align}' is not closed; expected '\end{align}'"),
        (r"\[" + r"a = b \\ " * 1001 + r"\]", "too many"),
    ],
)
def test_what_is_not_closed_is_a_fault(text: str, message: str) -> None:
    with pytest.raises(ClaimError) as caught:
        lines(text, "hand.tex")
    if message == "too many":
        message = "hand.tex:1:9003: there are too many lines of mathematics; expected at most 1000"
    assert str(caught.value) == message
