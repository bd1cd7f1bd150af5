"""What every test of documents asks: the golden text as it was read, and LaTeX that is whole and has no raw names."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from pathlib import Path

GOLDEN = Path(__file__).resolve().parent / "golden"


def assert_golden(written: str, golden: Path) -> None:
    """A text is that of a file; SYMPROP_UPDATE_GOLDEN=1 writes it there."""
    if os.environ.get("SYMPROP_UPDATE_GOLDEN") == "1":
        golden.write_text(written, encoding="utf-8")
    assert golden.exists(), f"{golden.name} is missing; write it with SYMPROP_UPDATE_GOLDEN=1"
    assert written == golden.read_text(encoding="utf-8")


def assert_whole(latex: str, names: Iterable[str]) -> None:
    """Braces, delimiters and environments of LaTeX are closed, names with a label are not in it as they are."""
    bare = re.sub(r"\\(?:left|right|bigl|bigr|Bigl|Bigr)\b\s*\\?.", "", re.sub(r"\\[{}\[\]]", "", latex))
    assert bare.count("{") == bare.count("}")
    assert latex.count(r"\left") == latex.count(r"\right")
    assert latex.count(r"\begin{") == latex.count(r"\end{")
    mathematics = re.sub(r"\\(?:text|texttt|mathrm|operatorname|tag|label|eqref|begin|end)\*?\{[^{}]*\}", "", latex)
    raw = [name for name in names if "_" in name and re.search(rf"(?<![\\\w]){name}(?!\w)", mathematics)]
    assert not raw
    # a product with a factor that has a sign looks like a difference
    assert not re.search(r"\\rbrace\s+-(?!\s)", latex)
