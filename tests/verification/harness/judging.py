"""symprop's answer to a trial, and whether its diagnosis names what was planted.

A diagnosis counts only if a single sentence (or the ratio, or the difference) has the mistake's own words and all the
tensors it was about; symprop says nothing that it has not checked at two points, so that such a sentence is true as well.
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
from tests.verification.harness.subjects import BY_NAME
from tests.verification.harness.values import Mistake, Subject, Trial

PROVED = ("PROVED", "PROVED EXCEPT AT KINKS")
ACCEPTED = (*PROVED, "AGREES")
REFUTED = ("REFUTED", "PROPORTIONAL", "SHAPE")
WORD = re.compile(r"[A-Za-z_]\w*")
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
        return self.trial.mistake is not None and diagnosed(self.verdict, self.trial.mistake)


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


def diagnosed(verdict: Verdict, mistake: Mistake) -> bool:
    if mistake.ratio and verdict.ratio == mistake.ratio:
        return True
    if mistake.term and _flat(verdict.difference) in _signed(mistake.term):
        return True
    return any(_says(sentence, mistake) for sentence in verdict.hints)


def _says(sentence: str, mistake: Mistake) -> bool:
    tokens = set(WORD.findall(sentence)) | set(re.findall(r"[\d.]+", sentence))
    if not mistake.words or not mistake.tokens <= tokens:
        return False
    return any(re.search(rf"\b{re.escape(word)}", sentence) for word in mistake.words)


def _signed(term: str) -> Iterator[str]:
    flat = _flat(term)
    yield from (flat, f"-{flat}", f"-({flat})")


def _flat(text: str) -> str:
    return INDICES.sub("", text).replace(" ", "")
