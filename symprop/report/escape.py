r"""User text made harmless for the language it is printed in.

Enters: any text.  Leaves: text that shows the same characters and can neither end the construct it stands in
nor start another: no LaTeX command, no HTML tag, no Markdown link.
"""

from __future__ import annotations

import html
import re
import unicodedata

_LATEX = {
    "\\": r"\textbackslash{}",
    "{": r"\{",
    "}": r"\}",
    "$": r"\$",
    "&": r"\&",
    "#": r"\#",
    "%": r"\%",
    "_": r"\_",
    "^": r"\textasciicircum{}",
    "~": r"\textasciitilde{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    "|": r"\textbar{}",
    '"': r"\textquotedbl{}",
    "`": r"\textasciigrave{}",
}
_LIGATURE = re.compile(r"-(?=-)|'(?=')|,(?=,)")
# As entities, since a backslash before a bracket opens mathematics in notebooks.
_MARKDOWN = {c: f"&#{ord(c)};" for c in "\\`[]<>|$&#~"} | {"*": r"\*", "_": r"\_"}


def one_line(text: str) -> str:
    """The text without control characters, runs of blanks made one."""
    kept = (" " if unicodedata.category(c)[0] in "CZ" else c for c in text)
    return " ".join("".join(kept).split())


def latex_text(text: str) -> str:
    """Text for the running text of a LaTeX document; characters outside printable ASCII become their closest or `?`."""
    plain = unicodedata.normalize("NFKD", one_line(text))
    kept = "".join(c for c in plain if not unicodedata.combining(c))
    escaped = "".join(_LATEX.get(c, c if c.isascii() else "?") for c in kept)
    return _LIGATURE.sub(r"\g<0>{}", escaped)


def breakable(name: str) -> str:
    """A name for a narrow column of a LaTeX table: a line may end within a long one."""
    pieces = [name[k : k + 8] for k in range(0, len(name), 8)]
    return r"\allowbreak{}".join(map(latex_text, pieces))


def latex_name(name: str) -> str:
    """An identifier inside `\\mathrm`: a comma for each underscore, letters and digits alone besides."""
    return re.sub(r"[^A-Za-z0-9,]", "", name.replace("_", ","))


def markdown_text(text: str) -> str:
    """Text for a Markdown paragraph or table cell."""
    return "".join(_MARKDOWN.get(c, c) for c in one_line(text))


def xml_text(text: str) -> str:
    """Text for the content or an attribute of an XML element."""
    return html.escape(one_line(text), quote=True)
