"""Whatever stands in a document: a fault of it within 2 s, and nothing runs."""

import random
from time import process_time

import pytest

from symprop.errors import InputError
from symprop.frontends.latex import lines
from symprop.frontends.latex.vocabulary import ACCENTS, FONTS, GREEK, OPERATORS
from tests.frontends.latex.reading import reader

SECONDS = 2.0
COMMANDS = (
    r"\frac \sqrt \sum \partial \nabla \mathbf \begin{cases} \end{cases} \\ & \quad \text{a} \mathbf1 \odot \cdot \top "
    r"\langle"
)
CHARACTERS = r"{ } [ ] ( ) \{ \} | \| _ ^ ' = < > \ne , . + - * / 0 1 2 12 0.5 i j n k X W G Z N L d e \rangle T"
WORDS = [*COMMANDS.split(), *CHARACTERS.split(), *sorted({*GREEK, *ACCENTS, *FONTS, *OPERATORS})]
PIECES = r"_ ^ ' = & \ % $ {} \, \quad \text{ \mathrm \hat \frac1 X_ X^ \sum_ d dd dL/dL"
ATTACKS = [
    "(" * 5000,
    "{" * 30 + "X" + "}" * 30,
    "[" * 41 + "X",
    "\\frac{" * 200,
    "X" + "^{X" * 60 + "}" * 60,
    "\\hat{" * 60 + "X" + "}" * 60,
    "-" * 3000,
    "X" * 5000,
    "X " * 700,
    "2^{64^{64^{64}}}",
    "((((2^{64})^{64})^{64})^{64})^{64}",
    "9" * 400,
    "10^{" + "9" * 50 + "}",
    "\\tanh'" + "'" * 200 + "(Z)",
    "\\sum_{" + "i," * 300 + "} 1",
    "\\sum_i " * 300 + "u_i",
    "\\begin{cases} " + "1 & Z > 0 \\\\ " * 100 + "\\end{cases}",
    "\\input{/etc/passwd}",
    "\\write18{id}",
    "\\openin5=a",
    "\\csname a\\endcsname",
    "__import__('os').system('id')",
    "X\x00W",
    "X\rW",
    "X\u200bW",
    "\u0435^{X}",
    "\uff45\uff56\uff41\uff4c(X)",
    "X_{" + "i" * 1000 + "}",
    "\\mathrm{" + "a" * 1500 + "}",
    "\\begin{" * 40,
    "\\left" * 500,
    "\\\\[4pt" * 100,
    *PIECES.split(" "),
]


def survive(text: str) -> None:
    """Read a text to a value or a fault, in time."""
    start = process_time()
    for wrapped in (text, f"dW = {text}", f"S_{{ij}} = {text}"):
        for read in (lambda: reader(wrapped).program(), lambda: reader(wrapped).expression("v")):  # noqa: B023
            try:
                read()
            except InputError as error:
                assert error.faults and "\n" not in str(error.faults[0])
    try:
        lines(text, "hand.tex")
        lines(f"\\[ {text} \\]", "hand.tex")
    except InputError as error:
        assert error.faults
    assert process_time() - start < SECONDS


@pytest.mark.parametrize("text", ATTACKS, ids=[repr(text[:20]) for text in ATTACKS])
def test_an_attack_is_a_fault(text: str) -> None:
    survive(text)


@pytest.mark.parametrize("seed", range(12))
def test_random_tokens_are_faults(seed: int) -> None:
    rng = random.Random(seed)
    for _ in range(25):
        survive(" ".join(rng.choice(WORDS) for _ in range(rng.randrange(1, 25))))


@pytest.mark.parametrize("seed", range(5))
def test_random_characters_are_faults(seed: int) -> None:
    rng = random.Random(seed)
    for _ in range(40):
        survive("".join(chr(rng.choice([rng.randrange(32, 127), rng.randrange(0, 0x3000)])) for _ in range(40)))


def test_what_is_read_is_read_again_the_same() -> None:
    """The reader itself is no attack that always passes: a right formula is read."""
    found = [str(e) for a in reader(r"S = X^\top G").program() for e in a.equations]
    assert found == ["S'0[i,j] = sum[n](X[n,i]*G[n,j])"]
