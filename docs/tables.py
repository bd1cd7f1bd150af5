"""The tables of docs/spec.md, made from the registries of the library.

    python -m docs.tables            rewrites the marked parts of docs/spec.md
    python -m docs.tables --check    says whether they are up to date; exit code 1 if they are not

A marked part lies between `<!-- table: NAME -->` and `<!-- end -->`.  What is registered is all that is printed; no
formula is typed here.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from symprop.library import ACTIVATIONS, INITIALISERS, LAYERS, LOSSES, METRICS, OPTIMIZERS, SCHEDULES, Loss, Option
from symprop.library.initialisers import DISTRIBUTIONS
from symprop.train import metrics as evaluated

PAGE = Path(__file__).resolve().parent / "spec.md"
MARKED = re.compile(r"(<!-- table: (\w+) -->\n).*?(<!-- end -->)", re.DOTALL)
EXPECTS = {"any": "numbers", "log_probabilities": "logarithms of probabilities"}
TARGETS = {
    "any": "numbers",
    "labels": "classes, or rows that sum to 1",
    "unit": "0 to 1",
    "sign": "-1 or 1",
    "nonnegative": "0 or more",
}
KINDS = {"classes": "classes", "scores": "classes", "values": "numbers"}


def page(text: str) -> str:
    """The page with its marked parts written anew."""
    return MARKED.sub(lambda part: f"{part[1]}{TABLES[part[2]]()}\n{part[3]}", text)


def activations() -> str:
    """Activations: value, options, kinks, source."""
    rows = (
        [code(e.name), codes([e.formula, *e.rows]), options(e.options), kinks(e.kinks), e.source]
        for e in ACTIVATIONS.values()
    )
    return table(["name", "value", "options", "derivative at kinks", "source"], rows)


def layers() -> str:
    """Layers: equations, inputs, parameters, options, source."""
    forms = (e.form({name: option.default for name, option in e.options.items()}) for e in LAYERS.values())
    rows = (
        [code(e.name), codes(e.equations) or "its activation", inputs(e), learned(e), options(e.options), e.source]
        for e in forms
    )
    return table(["type", "equation", "inputs", "learns", "options", "source"], rows)


def losses() -> str:
    """Losses: formula of an entry, what is compared, the divisor of a mean."""
    heads = ["type", "one entry", "prediction", "target", "mean over", "options", "derivative at kinks", "source"]
    rows = (
        [
            code(e.name),
            codes([g.equation for g in e.given] + ([*e.equations] or [e.formula])),
            ", ".join(f"{code(name)} ({shape})" for name, shape in e.args.items()) or EXPECTS.get(e.expects, e.expects),
            compared(e),
            e.per,
            options(e.options),
            kinks(e.kinks),
            e.source,
        ]
        for e in LOSSES.values()
    )
    return table(heads, rows)


def compared(entry: Loss) -> str:
    """What the target of a loss is, "none" where it has none."""
    target = f"{code('t')} ({entry.against}): " if entry.against else ""
    further = "".join(f", {code(name)} ({shape}) if given" for name, shape in entry.further.items())
    return target + TARGETS[entry.target] + further if entry.has_target else "none"


def optimizers() -> str:
    """Optimizers: assignments, state, options."""
    rows = (
        [code(e.name), codes(e.lines), ", ".join(map(code, e.state)), options(e.options), e.source]
        for e in OPTIMIZERS.values()
    )
    return table(["type", "assignments, in order", "kept", "options", "source"], rows)


def schedules() -> str:
    """Schedules: the factor on the rate."""
    rows = ([code(e.name), code(e.formula), options(e.options), e.source] for e in SCHEDULES.values())
    return table(["type", "factor", "options", "source"], rows)


def initialisers() -> str:
    """Initialisers: the distribution and its parameters."""
    rows = ([code(e.name), drawn(e), options(e.options), e.source] for e in INITIALISERS.values())
    return table(["name", "entries", "options", "source"], rows)


def metrics() -> str:
    """Metrics: what they measure, from the functions that measure it."""
    rows = (
        [code(e.name), paragraph(getattr(evaluated, e.name)), KINDS[e.kind], better(e.best), e.source]
        for e in METRICS.values()
    )
    return table(["name", "value", "target", "better", "source"], rows)


TABLES: Mapping[str, Callable[[], str]] = {
    "activations": activations,
    "layers": layers,
    "losses": losses,
    "optimizers": optimizers,
    "schedules": schedules,
    "initialisers": initialisers,
    "metrics": metrics,
}


def table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A Markdown table; a bar in a cell is escaped."""
    lines = [heads, ["---"] * len(heads), *rows]
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines)


def code(text: str) -> str:
    """Text in code letters."""
    return f"`{text}`"


def codes(lines: Iterable[str]) -> str:
    """Lines of formulas in one cell."""
    return "<br>".join(code(line) for line in lines if line)


def options(given: Mapping[str, Option]) -> str:
    """Names, defaults, bounds and meaning of options."""
    return "<br>".join(option(name, value) for name, value in given.items())


def option(name: str, value: Option) -> str:
    """One option: `lr` 0.001, at least 0: learning rate."""
    bounds = "" if value.low is None else f", at least {value.low:g}"
    bounds += "" if value.high is None else f", at most {value.high:.10g}"
    return f"{code(name)} {default(value)}{bounds}: {value.doc}"


def default(value: Option) -> str:
    """The value where none is given, as a spec writes it."""
    if value.required:
        return "required"
    if value.default is None:
        return "none"
    if isinstance(value.default, bool):
        return str(value.default).lower()
    if isinstance(value.default, tuple):
        return f"[{', '.join(map(str, value.default))}]"
    return f"{value.default:g}" if isinstance(value.default, int | float) else str(value.default)


def kinks(points: Iterable[tuple[str, str]]) -> str:
    """Points without a derivative, with the value taken there."""
    return "; ".join(f"{value} at {point}" for point, value in points)


def inputs(entry: Any) -> str:
    """Arguments with their shapes."""
    args = {**LAYERS[entry.name].args, **entry.args}
    optional = LAYERS[entry.name].optional
    shown = ", ".join(f"`{n}` ({shape}){' if given' if n in optional else ''}" for n, shape in args.items())
    return f"{shown}, and more" if entry.variadic else shown


def learned(entry: Any) -> str:
    """Parameters with their shapes, what is drawn at every step, and what training keeps without a gradient."""
    found = [f"`{name}` ({p.shape})" for name, p in entry.params.items()]
    found += [f"draws `{name}`" for name in entry.samples]
    return ", ".join([*found, *(f"keeps `{name}` ({shape})" for name, (shape, _) in entry.state.items())])


def drawn(entry: Any) -> str:
    """The distribution of an initialiser with its parameters."""
    names = DISTRIBUTIONS[entry.distribution]
    values = ", ".join(f"{name} `{formula}`" for name, formula in zip(names, entry.formulas, strict=True))
    return f"{entry.distribution}: {values}"


def paragraph(function: Any) -> str:
    """The first paragraph of a docstring, on one line."""
    return " ".join((function.__doc__ or "").split("\n\n")[0].split()).rstrip(".")


def better(best: str) -> str:
    """Which way is better."""
    return f"{best}er"


def main(arguments: Sequence[str]) -> int:
    """Rewrite the page, or compare it."""
    old = PAGE.read_text(encoding="utf-8")
    new = page(old)
    if "--check" in arguments:
        return int(new != old)
    PAGE.write_text(new, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
