"""Test accuracy on real data: the median over five split seeds, and logistic regression beside scikit-learn's.

    python -m benchmarks.accuracy [--spambase spambase.csv]

Prints the machine and versions, then the table of docs/real_data.md.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np

from benchmarks.machine import describe

EXAMPLES = Path(__file__).resolve().parent.parent / "examples"
SEEDS = (0, 1, 2, 3, 4)


def split_accuracies(example: str, data: str) -> list[float]:
    """Test accuracy of an example for every split seed, which also draws the parameters and the order of the rows."""
    from symprop import Model

    found = []
    for seed in SEEDS:
        model = Model.from_network(EXAMPLES / example, seed=seed)
        found.append(model.fit(data).metrics["test"]["accuracy"])
    return found


def folds_beside_scikit_learn(epochs: int = 600) -> tuple[list[float], list[float]]:
    """(ours, scikit-learn's) accuracy of five-fold logistic regression on breast cancer at the same penalty.

    Both minimise the mean binary cross-entropy + (l/2)*|w|**2 with l = 1/(C*N), C = 1, on standardised columns.
    """
    from sklearn.datasets import load_breast_cancer
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import StratifiedKFold

    import symprop
    from symprop.session import parse_source

    rows, labels = load_breast_cancer(return_X_y=True)
    text = (EXAMPLES / "breast_cancer.yaml").read_text(encoding="utf-8")
    ours, theirs = [], []
    for train, held in StratifiedKFold(5, shuffle=True, random_state=0).split(rows, labels):
        mean, deviation = rows[train].mean(axis=0), rows[train].std(axis=0)
        x, x_held = (rows[train] - mean) / deviation, (rows[held] - mean) / deviation
        module = symprop.compile(parse_source(text.replace("2.0e-3", repr(1 / len(train)))).network)
        params, _ = module.fit(module.init_params(seed=0), x, labels[train].astype(float), epochs=epochs)
        ours.append(_accuracy(module.forward(params, x_held).ravel() > 0.5, labels[held]))
        peer = LogisticRegression(C=1.0, max_iter=10_000, tol=1e-10).fit(x, labels[train])
        theirs.append(_accuracy(peer.predict(x_held), labels[held]))
    return ours, theirs


def _accuracy(found: Any, truth: Any) -> float:
    return float(np.mean(np.asarray(found) == truth))


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--spambase", help="path of spambase.csv; left out without it")
    given = parser.parse_args()
    print(describe())
    print(f"split seeds {', '.join(map(str, SEEDS))}")
    examples = [("digits.yaml", "sklearn:digits"), ("digits_cnn.yaml", "sklearn:digits")]
    examples += [("spam.yaml", given.spambase)] if given.spambase else []
    for example, data in examples:
        found = split_accuracies(example, data)
        print(f"{example:15} median {median(found):.4f}   {'  '.join(f'{a:.4f}' for a in found)}", flush=True)
    ours, theirs = folds_beside_scikit_learn()
    print(f"breast cancer, five folds: symprop {np.mean(ours):.4f}, scikit-learn {np.mean(theirs):.4f}")


if __name__ == "__main__":
    main()
