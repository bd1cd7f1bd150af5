r"""LaTeX as tokens: what the width estimate and the check of user-given symbols read.

Enters: LaTeX text.  Leaves: its tokens and groups.  No macro is expanded, and nothing of TeX's category codes
is modelled.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

TOKEN = re.compile(r"\\[A-Za-z]+|\\.|\S|\s+", re.DOTALL)


def tokens(source: str) -> list[str]:
    r"""Control words, control symbols and single characters; blanks, which mean nothing in mathematics, left out."""
    return [token for token in TOKEN.findall(source) if not token.isspace()]


def group_end(source: Sequence[str], start: int) -> int:
    """The place behind the argument that starts at `start`: a braced group, a control word or one character."""
    if start >= len(source) or source[start] != "{":
        return min(start + 1, len(source))
    depth = 0
    for place in range(start, len(source)):
        depth += (source[place] == "{") - (source[place] == "}")
        if depth == 0:
            return place + 1
    return len(source)
