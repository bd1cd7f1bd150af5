"""Hand derivations with NumPy's less common functions: right ones are proved, and wrong ones are not."""

from __future__ import annotations

from pathlib import Path

import pytest

from symprop.verification import verify

HEAD = """
import numpy as np
INPUTS = {"X": ("N", "D"), "W": ("D", "C"), "v": ("N",), "T": ("N", "C"), "k": (3,), "R": ("D",)}
"""
# the loss, the gradients, and a wrong word in one of them
CLAIMS = {
    "tensordot": (
        "((np.tensordot(X, W, 1) - T) ** 2).mean()",
        {
            "W": "2 * np.tensordot(X, X @ W - T, axes=([0], [0])) / T.size",
            "X": "2 * np.inner(np.dot(X, W) - T, W) / T.size",
        },
        ("/ T.size", "/ len(T)"),
    ),
    "a convolution": (
        "(np.convolve(v, k, 'valid') ** 2).sum() / 2",
        {
            "v": "np.correlate(np.convolve(v, k, 'valid'), k, 'full')",
            "k": "np.correlate(v, np.convolve(v, k, 'valid'), 'valid')[::-1]",
        },
        ("[::-1]", ""),
    ),
    "its middle": (
        "(np.convolve(v, k, 'same') ** 2).sum() / 2",
        {"v": "np.correlate(np.convolve(v, k, 'same'), k, 'same')"},
        ("np.correlate", "np.convolve"),
    ),
    "neighbours": (
        "((X - np.roll(X, 1, axis=0)) ** 2).sum()",
        {"X": "2 * (X - np.roll(X, 1, axis=0)) - 2 * np.roll(X - np.roll(X, 1, axis=0), -1, axis=0)"},
        ("-1, axis=0)", "1, axis=0)"),
    ),
    "running sums": (
        "(np.cumsum(v) ** 2).sum()",
        {"v": "2 * np.flip(np.cumsum(np.flip(np.cumsum(v))))"},
        ("np.flip(np.cumsum(np.flip(np.cumsum(v))))", "np.cumsum(np.cumsum(v))"),
    ),
    "a sample variance": (
        "(R * X.var(axis=0, ddof=1)).sum()",
        {"X": "2 * R * (X - X.mean(axis=0)) / (len(X) - 1)"},
        ("(len(X) - 1)", "len(X)"),
    ),
    "norms": (
        "np.linalg.norm(X, ord=1, axis=1).sum() + np.linalg.norm(X)",
        {"X": "np.sign(X) + X / np.linalg.norm(X)"},
        ("X / np", "2 * X / np"),
    ),
    "two parts": (
        "(np.split(X, [1], axis=1)[0] ** 2).sum() + (np.split(X, [1], axis=1)[1] ** 3).sum()",
        {"X": "np.concatenate([2 * X[:, :1], 3 * np.split(X, [1], axis=1)[1] ** 2], axis=1)"},
        ("X[:, :1]", "X[:, -1:]"),
    ),
    "a trace": ("np.trace(W @ W.T) / 2", {"W": "W"}, ("W", "abs(W)")),
}


def verdicts(folder: Path, loss: str, gradients: dict[str, str]) -> dict[str, str]:
    names = "X, W, v, T, k, R"
    shown = ", ".join(f"'{name}': {value}" for name, value in gradients.items())
    text = f"def loss({names}):\n    return {loss}\ndef grads({names}):\n    return {{{shown}}}\n"
    (folder / "hand.py").write_text(HEAD + text)
    return {v.name: v.verdict for v in verify(None, folder / "hand.py").given}


@pytest.mark.parametrize("name", CLAIMS)
def test_right_gradients_are_proved(name: str, tmp_path: Path) -> None:
    loss, gradients, _ = CLAIMS[name]
    assert verdicts(tmp_path, loss, gradients) == dict.fromkeys(gradients, "PROVED")


@pytest.mark.parametrize("name", CLAIMS)
def test_wrong_gradients_are_refuted(name: str, tmp_path: Path) -> None:
    loss, gradients, (right, wrong) = CLAIMS[name]
    changed = {n: value.replace(right, wrong) for n, value in gradients.items()}
    for key, verdict in verdicts(tmp_path, loss, changed).items():
        assert verdict == "PROVED" if changed[key] == gradients[key] else verdict in ("REFUTED", "PROPORTIONAL")
