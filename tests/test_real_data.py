"""Accuracy on real data, as docs/real_data.md states it: medians over five split seeds, five folds with a peer."""

from __future__ import annotations

from pathlib import Path
from statistics import mean, median

import pytest

from benchmarks import characters
from benchmarks.accuracy import SEEDS, folds_beside_scikit_learn, split_accuracies

SPAMBASE = Path(__file__).resolve().parent.parent.parent / "shared" / "data" / "spambase.csv"

pytestmark = pytest.mark.filterwarnings("ignore::symprop.train.DataWarning")


def test_digits() -> None:
    found = split_accuracies("digits.yaml", "sklearn:digits")
    assert len(found) == len(SEEDS) == 5
    assert median(found) >= 0.97


@pytest.mark.slow
def test_digits_by_convolutions() -> None:
    found = split_accuracies("digits_cnn.yaml", "sklearn:digits")
    assert len(found) == len(SEEDS) == 5
    assert median(found) >= 0.985


def test_breast_cancer_beside_scikit_learn() -> None:
    ours, theirs = folds_beside_scikit_learn()
    assert len(ours) == len(theirs) == 5
    assert abs(mean(ours) - mean(theirs)) <= 0.005
    assert mean(ours) > 0.96


@pytest.mark.skipif(not SPAMBASE.exists(), reason="spambase.csv is not part of the repository")
def test_spambase() -> None:
    assert median(split_accuracies("spam.yaml", str(SPAMBASE))) >= 0.935


def test_characters_counted() -> None:
    assert characters.counted() == pytest.approx(4.01, abs=0.005)


@pytest.mark.slow
@pytest.mark.parametrize(("network", "stated"), [("lstm", 2.08), ("transformer", 1.99)])
def test_characters_by_networks(network: str, stated: float) -> None:
    """One seed; docs/real_data.md has the median of three."""
    assert characters.bits(f"characters_{network}.yaml", 0) == pytest.approx(stated, abs=0.15)
