"""Bits per character of examples/characters_lstm.yaml and characters_transformer.yaml on the last tenth of the text.

    python -m benchmarks.characters

Prints the machine and versions, then the table of docs/real_data.md.  Every network is asked for the character behind
each window of 24.
"""

from __future__ import annotations

import runpy
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np

from benchmarks.machine import describe

EXAMPLES = Path(__file__).resolve().parent.parent / "examples"
SEEDS = (0, 1, 2)


def parts() -> tuple[dict[str, Any], dict[str, Any]]:
    """The windows of the first nine tenths of the text, and of the last one, as examples/characters.py has them."""
    windows = runpy.run_path(str(EXAMPLES / "characters.py"))["windows"]
    text = (EXAMPLES / "data" / "harbour.txt").read_text(encoding="utf-8").lower()
    split = len(text) * 9 // 10
    return windows(text[:split]), windows(text[split:])


def bits(example: str, seed: int) -> float:
    """Mean of -log2 P of the character behind each window of the test, after training with a seed."""
    from symprop import Model

    train, test = parts()
    model = Model.from_network(EXAMPLES / example, seed=seed).fit(train["tok"], train["y"])
    scores = np.asarray(model.module.forward(model.params, test["tok"]), dtype=np.float64)
    scores -= scores.max(axis=1, keepdims=True)
    right = scores[np.arange(len(scores)), test["y"]] - np.log(np.exp(scores).sum(axis=1))
    return float(-np.mean(right) / np.log(2))


def counted() -> float:
    """The same by how often each character is in the first nine tenths, one more than counted of each."""
    train, test = parts()
    classes = int(max(train["tok"].max(), test["tok"].max())) + 1
    counts = np.bincount(np.append(train["tok"][0], train["y"]), minlength=classes) + 1.0
    return float(-np.mean(np.log2(counts / counts.sum())[test["y"]]))


def main() -> None:
    """Print the table."""
    print(describe())
    print(f"characters counted        {counted():.2f}")
    for example in ("characters_lstm.yaml", "characters_transformer.yaml"):
        found = [bits(example, seed) for seed in SEEDS]
        print(f"{example:26} median {median(found):.2f}   {'  '.join(f'{b:.2f}' for b in found)}", flush=True)


if __name__ == "__main__":
    main()
