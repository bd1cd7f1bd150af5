"""Reports as plain text, for whoever wrote the claims: a table, then a paragraph on every claim that is not proved.

Enters: a report.  Leaves: ASCII text, no line longer than about 100 columns where words can be broken.
"""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator

from symprop.verification.values import (
    AGREES,
    AT_KINKS,
    GIVEN_EARLIER,
    IMPURE,
    NOT_CHECKED,
    PROVED,
    VACUOUS,
    WRONG,
    Conventions,
    Counterexample,
    Report,
    Verdict,
)

WIDTH = 98
LINE = re.compile(r":(\d+):\d+")


def report_text(report: Report, explain: bool = False) -> str:
    """The whole report; `explain` adds the proofs."""
    lines = [f"{report.network}: claims compared with the derivation of", *_wrapped(report.loss, "  ")]
    lines += [line for sentence in _reading(report.conventions) for line in _wrapped(sentence, "")]
    lines += ["", *_table(report)]
    for verdict in report.given:
        block = list(_details(verdict, explain))
        lines += ["", f"{_called(verdict, report)}: {verdict.verdict}", *block] if block else []
    echoed = [v for v in report.given if v.read_as]
    if echoed:
        lines += ["", "Read as:", *(line for v in echoed for line in _wrapped(v.read_as, "  "))]
    assumptions = tuple(dict.fromkeys(a for v in report.given for a in v.assumptions))
    if any(IMPURE in v.flags for v in report.given):
        lines += ["", *_wrapped(report.notes[-1], "")]
    if assumptions:
        lines += ["", "Assumed:", *(f"- {a}" for a in assumptions)]
    for sentence in _others(report):
        lines += ["", *_wrapped(sentence, "")]
    return "\n".join([*lines, "", _summary(report)]) + "\n"


def _reading(conventions: Conventions) -> Iterator[str]:
    """What the claims were read as, where that is not the default; or that there is a choice."""
    used, base = conventions.used, conventions.usual[0]
    if used.changes() or used not in conventions.usual:
        how = f": no other way fits the shapes (--convention {used.option(base)} declares it)"
        how = ", as the network lies" if used in conventions.usual else how
        yield f"read with {used.words}{', as declared' if conventions.declared is not None else how}"
    if conventions.fitting:
        ways = "; or ".join(f"{c.words} (--convention {c.option(base)})" for c in conventions.fitting)
        yield f"Their shapes fit more than one convention; declare which it is: {ways}."


def _others(report: Report) -> Iterator[str]:
    """Conventions that were not used, under which all claims are right."""
    usual = report.conventions.usual
    for other in report.conventions.right_under:
        count = len(report.given)
        claims = "All claims are" if count > 1 else "The claim is"
        if other not in usual:
            option = other.option(usual[0])
            yield f"{claims} right under another convention: {other.words}. Declare it: --convention {option}."
        else:
            yield f"{claims} right with nothing declared: {other.words}."


def _table(report: Report) -> list[str]:
    rows = [("claim", "verdict", "")]
    rows += [(_called(v, report), v.verdict, _short(v, report)) for v in report.claims]
    widths = [max(len(row[k]) for row in rows) for k in (0, 1)]
    return [f"{a:<{widths[0]}}  {b:<{widths[1]}}  {c}".rstrip() for a, b, c in rows]


def _called(verdict: Verdict, report: Report) -> str:
    """The name of a claim, with its line where there are several of the name."""
    alone = sum(other.name == verdict.name for other in report.claims) == 1
    place = LINE.search(verdict.where)
    return verdict.name if alone or place is None else f"{verdict.name} (line {place.group(1)})"


def _holds(verdict: Verdict, report: Report) -> str:
    """The extents a proof holds for."""
    if verdict.extents == "all":
        return f"for every {', '.join(report.extents)}" if report.extents else ""
    alone = ", ".join(verdict.extents)
    rest = [name for name in report.extents if name not in {part.partition("=")[0] for part in verdict.extents}]
    return f"for {alone}" + (f" and every {', '.join(rest)}" if rest else "")


def _short(verdict: Verdict, report: Report) -> str:
    if GIVEN_EARLIER in verdict.flags:
        return f"right given the claims it reads; first wrong: {verdict.first_wrong}"
    if verdict.ratio:
        return f"{verdict.ratio} times the truth"
    if verdict.verdict == PROVED:
        return _holds(verdict, report)
    if verdict.verdict == AT_KINKS:
        return f"{_holds(verdict, report)}, except at {'; '.join(verdict.kinks)}"
    if verdict.verdict == AGREES and verdict.evidence is not None:
        digits = verdict.evidence.digits
        words = digits if isinstance(digits, str) else f"{digits} digits"
        return f"at {verdict.evidence.points} points, {words}; not proved"
    if verdict.verdict == NOT_CHECKED:
        return "not among the claims"
    return "see below"


def _details(verdict: Verdict, explain: bool) -> Iterator[str]:
    if verdict.verdict in (PROVED, AT_KINKS):
        yield from _proof(verdict) if explain else ()
        return
    if verdict.reason:
        yield from _wrapped(verdict.reason, "  ")
    if verdict.ours:
        yield from _wrapped(f"ours: {verdict.ours}", "  ")
    if explain and verdict.verdict == VACUOUS:
        yield from _steps(verdict)
    if verdict.difference:
        yield from _wrapped(f"yours - ours = {verdict.difference}", "  ")
    if verdict.counterexample is not None and GIVEN_EARLIER not in verdict.flags:
        yield from _example(verdict.counterexample)
    for hint in verdict.hints:
        yield from _wrapped(f"hint: {hint}", "  ")
    if explain and verdict.evidence is not None and verdict.verdict in (AGREES, *WRONG):
        worst = f", largest relative difference {verdict.evidence.worst:.2g}" if verdict.evidence.points else ""
        yield f"  evidence: {verdict.evidence.method}, {verdict.evidence.points} points{worst}"


def _proof(verdict: Verdict) -> Iterator[str]:
    if verdict.ours:
        yield from _wrapped(f"ours: {verdict.ours}", "  ")
    yield from _steps(verdict)


def _steps(verdict: Verdict) -> Iterator[str]:
    for number, step in enumerate(verdict.steps, 1):
        yield from _wrapped(f"{number}. {step}", "  ")


def _example(example: Counterexample) -> Iterator[str]:
    extents = ", ".join(f"{name} = {size}" for name, size in example.extents.items())
    yield from _wrapped(f"for example, with {extents}:" if extents else "for example:", "  ")
    alike: dict[str, list[str]] = {}
    for name, words in example.values.items():
        alike.setdefault(words, []).append(name)
    for words, names in alike.items():
        yield from _wrapped(f"{', '.join(names)} = {words}", "    ")
    yield f"    gives {example.entry} = {example.yours} by your formula, {example.ours} in truth"


def _wrapped(line: str, indent: str) -> list[str]:
    return textwrap.wrap(
        line, WIDTH, initial_indent=indent, subsequent_indent=indent + "  ", break_long_words=False
    ) or [indent]


def _summary(report: Report) -> str:
    verdicts = [v.verdict for v in report.given]
    wrong = sum(v in WRONG for v in verdicts)
    if wrong:
        first = next(v.first_wrong or v.name for v in report.given if v.verdict in WRONG)
        return f"{wrong} of {len(verdicts)} claims {'is' if wrong == 1 else 'are'} wrong; begin with {first}."
    if report.ok:
        whole = f"All {len(verdicts)} claims are right" if len(verdicts) > 1 else "The claim is right"
        proved = [v for v in report.given if v.verdict in (PROVED, AT_KINKS)]
        held = dict.fromkeys(_holds(v, report) for v in proved if v.extents != "all")
        return f"{whole}, {'; '.join(held)}." if held else f"{whole}."
    right = sum(v in (PROVED, AT_KINKS) for v in verdicts)
    return f"Undecided: {right} of {len(verdicts)} claims proved, none refuted."
