"""A hint put to the test: the change it names is made to a formula in NumPy, and the oracle compares the values.

What symprop says of a claim is thereby checked without symprop.  Only single exchanges of parts that can be found in a
formula as it is written are enacted; of all else nothing is said.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

import numpy as np

from tests.verification.harness import oracle
from tests.verification.harness.planting import inlined, replaced
from tests.verification.harness.values import Subject, Trial

SENTENCE = re.compile(r"Yours (equals ours|is right) if (?:in (\w+), )?(.+)\.")
STANDS = re.compile(r"(.+) stands in place of (?:the derivative )?(.+)")
LEFT_OUT = re.compile(r"the (?:factor|term|derivative) (.+) is left out")
ONLY = re.compile(r"only the contribution (.+) is kept, and the other paths are lost")
TRANSPOSED = re.compile(r"(\w+) is transposed")


def confirmed(subject: Subject, trial: Trial, sentence: str) -> bool:
    """Whether the change that a hint names turns the chain's formula into the claim, or the claim into a right one."""
    found = SENTENCE.fullmatch(sentence)
    if not found or "\n" in trial.text:
        return False
    ours, inside, change = found[1] == "equals ours", found[2], found[3]
    if ours:
        return any(_same(subject, trial, text) for text in _chain(subject, trial, inside, change))
    return any(oracle.verdict(subject, trial.target, text) == "right" for text in changed(trial.text, change))


def _chain(subject: Subject, trial: Trial, inside: str | None, change: str) -> Iterator[str]:
    chain = dict(subject.chain)
    if inside is None:
        for steps in (0, 1, 2):
            yield from changed(inlined(chain, trial.target, steps), change)
    elif inside in chain and "\n" not in chain[inside]:
        for text in changed(chain[inside], change):
            yield inlined({**chain, inside: text}, trial.target, 3)


def _same(subject: Subject, trial: Trial, text: str) -> bool:
    for seed in oracle.SEEDS:
        try:
            pair = [oracle.claimed(subject, trial.target, t, seed) for t in (text, trial.text)]
        except (ValueError, TypeError, AttributeError, IndexError, NameError):
            return False
        if pair[0].shape != pair[1].shape or not np.allclose(*pair, rtol=1e-9, atol=1e-12):
            return False
    return True


def changed(text: str, change: str) -> Iterator[str]:
    """The formula with the change made, at each place where it can be and at all at once."""
    tree = ast.parse(text, mode="eval").body
    try:
        if found := TRANSPOSED.fullmatch(change):
            yield from _exchanged(tree, _parse(found[1]), _parse(f"{found[1]}.T"))
        elif found := ONLY.fullmatch(change):
            yield found[1]
        elif found := LEFT_OUT.fullmatch(change):
            yield from _without(tree, _parse(found[1].removeprefix("-")))
        elif found := STANDS.fullmatch(change):
            yield from _exchanged(tree, _parse(found[2]), _parse(found[1]))
    except SyntaxError:
        return


def _exchanged(tree: ast.expr, old: ast.expr, new: ast.expr) -> Iterator[str]:
    places = [n for n in ast.walk(tree) if isinstance(n, ast.expr) and ast.dump(n) == ast.dump(old)]
    for node in places:
        yield ast.unparse(replaced(tree, node, new))
    if len(places) > 1:
        yield re.sub(rf"\b{re.escape(ast.unparse(old))}\b", f"({ast.unparse(new)})", ast.unparse(tree))


def _without(tree: ast.expr, part: ast.expr) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mult | ast.Add | ast.Sub | ast.Div):
            for gone, kept in ((node.right, node.left), (node.left, node.right)):
                if ast.dump(gone) == ast.dump(part):
                    first = gone is node.left and isinstance(node.op, ast.Sub)
                    yield ast.unparse(replaced(tree, node, ast.UnaryOp(ast.USub(), kept) if first else kept))


def _parse(text: str) -> ast.expr:
    return ast.parse(text, mode="eval").body
