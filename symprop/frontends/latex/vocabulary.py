r"""The words of mathematical LaTeX that are read, by what they do.

Every control word that stands in none of these tables is an error where it is written.
"""

from __future__ import annotations

GREEK = {
    rf"\{name}": name
    for name in [
        "alpha",
        "beta",
        "gamma",
        "delta",
        "epsilon",
        "zeta",
        "eta",
        "theta",
        "iota",
        "kappa",
        "lambda",
        "mu",
        "nu",
        "xi",
        "rho",
        "sigma",
        "tau",
        "upsilon",
        "phi",
        "chi",
        "psi",
        "omega",
        "Gamma",
        "Delta",
        "Theta",
        "Lambda",
        "Xi",
        "Pi",
        "Sigma",
        "Upsilon",
        "Phi",
        "Psi",
        "Omega",
        "ell",
        "pi",
    ]
} | {r"\varepsilon": "epsilon", r"\varphi": "phi", r"\vartheta": "theta", r"\varrho": "rho", r"\varsigma": "sigma"}
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
FONTS = frozenset(
    [
        r"\mathrm",
        r"\mathbf",
        r"\mathit",
        r"\mathsf",
        r"\mathtt",
        r"\mathcal",
        r"\mathbb",
        r"\mathfrak",
        r"\mathscr",
        r"\mathds",
        r"\bm",
        r"\boldsymbol",
        r"\vec",
        r"\text",
        r"\textrm",
        r"\textbf",
        r"\textit",
        r"\operatorname",
        r"\operatorname*",
        r"\mathop",
    ]
)
TEXT = frozenset((r"\text", r"\textrm", r"\textbf", r"\textit", r"\mbox", r"\intertext", r"\shortintertext"))
OPERATORS = {
    rf"\{name}": name
    for name in [
        "exp",
        "log",
        "ln",
        "sin",
        "cos",
        "tanh",
        "sinh",
        "cosh",
        "max",
        "min",
        "det",
        "arg",
        "sup",
        "inf",
        "lim",
        "tan",
        "arctan",
        "Pr",
        "tr",
    ]
}
SPACES = frozenset(
    [
        r"\,",
        r"\;",
        r"\:",
        r"\!",
        r"\>",
        r"~",
        r"\thinspace",
        r"\enspace",
        r"\medspace",
        r"\thickspace",
        r"\negthinspace",
        r"\nonumber",
        r"\notag",
        r"\displaystyle",
        r"\textstyle",
        r"\limits",
        r"\nolimits",
        r"\left",
        r"\right",
        r"\big",
        r"\Big",
        r"\bigg",
        r"\Bigg",
        r"\bigl",
        r"\bigr",
        r"\Bigl",
        r"\Bigr",
        r"\biggl",
        r"\biggr",
        r"\Biggl",
        r"\Biggr",
        r"\middle",
        r"\allowdisplaybreaks",
        r"\hfill",
        r"\normalsize",
        r"\footnotesize",
        r"\small",
        r"\mathstrut",
        r"\strut",
        r"\relax",
        r"\notag",
    ]
) | {"\\ "}
LABELS = frozenset((r"\label", r"\tag", r"\tag*", r"\hspace", r"\vspace", r"\phantom", r"\hphantom", r"\vphantom"))
GAPS = frozenset((r"\quad", r"\qquad"))
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
