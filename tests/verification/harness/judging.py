"""symprop's answer to a trial, and whether its diagnosis names what was planted.

A diagnosis counts only if a single sentence (or the ratio, or the difference) has the mistake's own words and all the
tensors it was about, where a gradient stands for the formula that the chain has for it and the other way round; or if
the sentence, enacted in NumPy on the right formula, gives the claim: it then names an equivalent mistake.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from time import perf_counter

from symprop.language import Network
from symprop.verification import Verdict, verify
from symprop.verification.claimsfile import parse_claims
from tests.verification.harness.enacting import confirmed
from tests.verification.harness.subjects import BY_NAME
from tests.verification.harness.values import Mistake, Subject, Trial

PROVED = ("PROVED", "PROVED EXCEPT AT KINKS")
ACCEPTED = (*PROVED, "AGREES")
REFUTED = ("REFUTED", "PROPORTIONAL", "SHAPE")
WORD = re.compile(r"[A-Za-z_]\w*")
IGNORED = frozenset({"N", "sum", "sqrt", "axis", "1", "2"})
INDICES = re.compile(r"\[[^\]]*\]")


@dataclass(frozen=True)
class Outcome:
    """What became of one trial."""

    trial: Trial
    verdict: Verdict
    seconds: float

    @property
    def accepted(self) -> bool:
        return self.verdict.verdict in ACCEPTED

    @property
    def proved(self) -> bool:
        return self.verdict.verdict in PROVED

    @property
    def refuted(self) -> bool:
        return self.verdict.verdict in REFUTED

    @property
    def diagnosed(self) -> bool:
        return diagnosed(self.trial, self.verdict)


@cache
def network(subject: Subject) -> Network:
    return subject.make()


def judged(trial: Trial) -> Outcome:
    """symprop's verdict on a claim, given the claims of the chain that it reads."""
    subject = BY_NAME[trial.subject]
    lines = [f"  {name}: {json.dumps(text)}" for name, text in above(subject, trial)]
    lines.append(f"  {trial.target}: {json.dumps(trial.text)}")
    start = perf_counter()
    report = verify(network(subject), parse_claims("\n".join(["claims:", *lines]), "trial.yaml"))
    return Outcome(trial, report[trial.target], perf_counter() - start)


def above(subject: Subject, trial: Trial) -> list[tuple[str, str]]:
    """The claims of the chain that a text reads, and those that these read."""
    before = list(subject.chain)[: list(subject.chain).index(trial.target)]
    wanted, texts = set[str](), [trial.text]
    while texts:
        for word in WORD.findall(texts.pop()):
            if word in before and word not in wanted:
                wanted.add(word)
                texts.append(subject.chain[word])
    return [(name, subject.chain[name]) for name in before if name in wanted]


def diagnosed(trial: Trial, verdict: Verdict) -> bool:
    """Whether the planted mistake is named, or another single change that the oracle finds to explain the claim."""
    mistake, subject = trial.mistake, BY_NAME[trial.subject]
    if mistake is None:
        return False
    if verdict.ratio and verdict.ratio in mistake.ratio.split("|"):
        return True
    if mistake.term and _flat(verdict.difference) in _signed(mistake.term):
        return True
    return any(_says(s, mistake, subject) or confirmed(subject, trial, s) for s in verdict.hints)


def _says(sentence: str, mistake: Mistake, subject: Subject) -> bool:
    tokens = _tokens(sentence)
    named = {name for name, text in subject.chain.items() if _tokens(text) - IGNORED <= tokens}
    for _ in range(2):
        named |= {word for token in (tokens | named) & set(subject.chain) for word in _tokens(subject.chain[token])}
    if not mistake.words or not mistake.tokens <= tokens | named:
        return False
    return any(re.search(rf"\b{word}", sentence) for word in mistake.words)


def _tokens(text: str) -> set[str]:
    return set(WORD.findall(text)) | set(re.findall(r"[\d.]+\d|\d", text))


def _signed(term: str) -> Iterator[str]:
    flat = _flat(term)
    yield from (flat, f"-{flat}", f"-({flat})")


def _flat(text: str) -> str:
    return INDICES.sub("", text).replace(" ", "")
