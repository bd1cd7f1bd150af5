r"""The words of mathematical LaTeX that are read, by what they do.

Every control word that stands in none of these tables is an error where it is written.
"""

from __future__ import annotations

_LETTERS = (
    "alpha beta gamma delta epsilon zeta eta theta iota kappa lambda mu nu xi rho sigma tau upsilon phi chi psi omega "
    "Gamma Delta Theta Lambda Xi Pi Sigma Upsilon Phi Psi Omega ell pi"
)
_VARIANTS = {"varepsilon": "epsilon", "varphi": "phi", "vartheta": "theta", "varrho": "rho", "varsigma": "sigma"}
GREEK = {rf"\{name}": name for name in _LETTERS.split()} | {rf"\{name}": of for name, of in _VARIANTS.items()}
ACCENTS = {
    r"\hat": "hat",
    r"\widehat": "hat",
    r"\tilde": "tilde",
    r"\widetilde": "tilde",
    r"\bar": "bar",
    r"\overline": "bar",
    r"\dot": "dot",
    r"\check": "check",
    r"\breve": "breve",
}
_FONTS = (
    r"\mathrm \mathbf \mathit \mathsf \mathtt \mathcal \mathbb \mathfrak \mathscr \mathds \bm \boldsymbol \vec \text "
    r"\textrm \textbf \textit \operatorname \operatorname* \mathop"
)
FONTS = frozenset(_FONTS.split())
TEXT = frozenset((r"\text", r"\textrm", r"\textbf", r"\textit", r"\mbox", r"\intertext", r"\shortintertext"))
_OPERATORS = "exp log ln sin cos tanh sinh cosh max min tr"
OPERATORS = {rf"\{name}": name for name in _OPERATORS.split()}
_SPACES = (
    r"\, \; \: \! \> ~ \thinspace \enspace \medspace \thickspace \negthinspace \nonumber \notag \displaystyle "
    r"\textstyle \limits \nolimits \left \right \big \Big \bigg \Bigg \bigl \bigr \Bigl \Bigr \biggl \biggr \Biggl "
    r"\Biggr \middle \allowdisplaybreaks \hfill \normalsize \footnotesize \small \mathstrut \strut"
)
SPACES = frozenset((*_SPACES.split(), "\\ "))
GENERIC = ("f", "g", "phi")
"""What an activation is called where nothing else has the name."""
LABELS = frozenset((r"\label", r"\tag", r"\tag*", r"\hspace", r"\vspace", r"\phantom", r"\hphantom", r"\vphantom"))
GAPS = frozenset((r"\quad", r"\qquad", r"\Rightarrow", r"\Longrightarrow", r"\implies", r"\therefore"))
"""What stands between equations."""
MATRICES = ("matrix", "pmatrix", "bmatrix", "Bmatrix", "smallmatrix")
TABLES = ("cases", *MATRICES)
"""Environments whose rows and columns count."""
PRODUCTS = {
    r"\cdot": r"\cdot",
    r"\times": r"\times",
    "*": "*",
    r"\ast": "*",
    "/": "/",
    r"\bullet": r"\cdot",
    r"\div": "/",
}
ENTRYWISE = {r"\odot": r"\odot", r"\circ": r"\odot", r"\oslash": r"\oslash"}
EQUALS = ("=", ":=", r"\triangleq", r"\equiv", r"\coloneqq", r"\coloneq")
COMPARISONS = {
    "<": "<",
    ">": ">",
    r"\lt": "<",
    r"\gt": ">",
    r"\le": "<=",
    r"\leq": "<=",
    r"\leqslant": "<=",
    r"\ge": ">=",
    r"\geq": ">=",
    r"\geqslant": ">=",
    "=": "==",
    r"\ne": "!=",
    r"\neq": "!=",
}
BRACKETS = {"(": ")", "[": "]", r"\{": r"\}", r"\lbrace": r"\rbrace", r"\lbrack": r"\rbrack"}
BARS = {"|": ("|", False), r"\lvert": (r"\rvert", False), r"\|": (r"\|", True), r"\lVert": (r"\rVert", True)}
BARS[r"\vert"], BARS[r"\Vert"] = (r"\vert", False), (r"\Vert", True)
FRACTIONS = (r"\frac", r"\dfrac", r"\tfrac", r"\cfrac")
TRANSPOSES = frozenset((r"\top", r"\intercal", "T", r"\trans", r"\transpose"))
LOSSES = frozenset(("L", "J", "E", "C", "ell", "Loss", "loss", "cost"))
"""What a loss is called where no tensor has the name."""
