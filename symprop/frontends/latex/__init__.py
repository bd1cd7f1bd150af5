"""Mathematics in LaTeX, read into equations of the language; nothing is expanded, and nothing is guessed."""

from symprop.frontends.latex.document import Line, lines
from symprop.frontends.latex.notation import Latex

__all__ = ["Latex", "Line", "lines"]
