import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from symprop.errors import DataError
from symprop.train import folds, split_rows


def parts(split):
    return split.train, split.validation, split.test


def test_parts_are_disjoint_sorted_and_all_rows():
    split = split_rows(100, 0.2, 0.1, seed=3)
    assert list(map(len, parts(split))) == [70, 20, 10]
    assert split.counts == {"train": 70, "validation": 20, "test": 10}
    assert np.array_equal(np.sort(np.concatenate(parts(split))), np.arange(100))
    assert all(np.array_equal(part, np.sort(part)) for part in parts(split))


def test_no_fractions_keep_all_rows_for_training():
    assert split_rows(5, 0, 0, seed=0).counts == {"train": 5, "validation": 0, "test": 0}


def test_seed_decides():
    same, again, other = (split_rows(50, 0.3, 0, seed=s).sha256 for s in (1, 1, 2))
    assert same == again != other


def test_strata_keep_their_shares():
    classes = np.repeat([0, 1, 2], [60, 30, 10])
    split = split_rows(100, 0.2, 0.1, seed=0, classes=classes)
    assert [np.bincount(classes[part]).tolist() for part in parts(split)] == [[42, 21, 7], [12, 6, 2], [6, 3, 1]]


def test_the_largest_remainders_are_rounded_up():
    classes = np.repeat([0, 1, 2], [21, 23, 26])
    split = split_rows(70, 0.1, 0, seed=0, classes=classes)
    assert np.bincount(classes[split.validation]).tolist() == [2, 2, 3]


def test_a_rare_class_is_in_every_part():
    classes = np.array([0] * 97 + [1] * 3)
    split = split_rows(100, 0.2, 0.2, seed=0, classes=classes)
    assert [int(classes[part].sum()) for part in parts(split)] == [1, 1, 1]
    assert [len(part) for part in parts(split)] == [60, 20, 20]


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(5, 40), min_size=1, max_size=5), st.floats(0.05, 0.35), st.integers(0, 9))
def test_any_strata_give_a_partition_near_the_shares(counts, fraction, seed):
    classes = np.repeat(np.arange(len(counts)), counts)
    split = split_rows(len(classes), fraction, fraction, seed, classes)
    assert np.array_equal(np.sort(np.concatenate(parts(split))), np.arange(len(classes)))
    for part in parts(split)[1:]:
        held = np.bincount(classes[part], minlength=len(counts))
        assert (held >= 1).all()
        assert (np.abs(held - fraction * np.array(counts)) <= 2).all()


def test_classes_with_too_few_rows():
    with pytest.raises(DataError) as caught:
        split_rows(10, 0.2, 0.2, 0, np.array([0, 0, 0, 0, 0, 0, 1, 2, 2, 2]), ("red", "green", "blue"))
    assert str(caught.value) == (
        "data.split: class 'green' has too few rows to stratify; expected at least 3, one for each of "
        "training, validation, test, got 1. Give more rows of it, or set stratify off."
    )


def test_too_few_rows():
    with pytest.raises(DataError) as caught:
        split_rows(2, 0.5, 0.4, 0)
    assert str(caught.value) == (
        "data.split: too few rows to split; expected more than 2, got 2. Lower the fractions or give more data."
    )


def test_folds_hold_every_row_out_once():
    classes = np.arange(53) % 3
    held = []
    for train, test in folds(53, 5, seed=1, classes=classes):
        assert np.array_equal(np.sort(np.concatenate([train, test])), np.arange(53))
        assert np.ptp(np.bincount(classes[test], minlength=3)) <= 1
        held.append(test)
    assert np.array_equal(np.sort(np.concatenate(held)), np.arange(53))


def test_number_of_folds():
    with pytest.raises(DataError) as caught:
        list(folds(3, 4, seed=0))
    assert str(caught.value) == "folds: wrong number of folds; expected 2 to 3, got 4"
