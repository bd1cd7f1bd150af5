"""Escaped text shows its characters and nothing else."""

from __future__ import annotations

import pytest

from symprop.report.escape import latex_text, markdown_text, one_line, xml_text


@pytest.mark.parametrize(
    ("text", "escaped"),
    [
        (r"\input{x}", r"\textbackslash{}input\{x\}"),
        ("50% & $3_a#", r"50\% \& \$3\_a\#"),
        ("a^b~c", r"a\textasciicircum{}b\textasciitilde{}c"),
        ("533-536", "533-536"),
        ("a--b", "a-{}-b"),
        ("Pólya", "Polya"),
        ("日", "?"),
        ("a\r\nb\x00c", "a b c"),
    ],
)
def test_latex(text: str, escaped: str) -> None:
    assert latex_text(text) == escaped


def test_xml() -> None:
    assert xml_text("<a b=\"c\" & 'd'>\x1b") == "&lt;a b=&quot;c&quot; &amp; &#x27;d&#x27;&gt;"


def test_markdown() -> None:
    assert markdown_text("a_b *c* \\(x\\)") == r"a\_b \*c\* &#92;(x&#92;)"


def test_one_line() -> None:
    assert one_line("  a\t b\u2028c\u202ed ") == "a b c d"
