"""Quality of predictions: accuracy, AUC, F1, MAE, RMSE, R2, each with its formula and its degenerate cases.

Enters: targets and `Scores`.  Leaves: a float, NaN where a metric is undefined, and a sentence that says why.  Losses
are the generated module's, not here.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np

from symprop.errors import Fault, InputError
from symprop.train.contract import Array
from symprop.train.labels import Encoding
from symprop.train.outputs import Scores


def accuracy(indices: Array, predicted: Array) -> float:
    """sum_n [predicted_n = y_n] / N.

    Shapes:
        indices, predicted: (N,) class indices.
    """
    return float(np.mean(indices == predicted))


def auc(indices: Array, ranking: Array) -> float:
    """Area under the ROC curve, (R - P(P+1)/2) / (P Q), R the sum of the mid-ranks of the P positive rows, Q the
    others.

    It is the probability that a positive row ranks above a negative one, a tie counted as half.  Of more than two
    classes it is the mean over the classes of one against the rest.  NaN where a class has no row.

    Shapes:
        indices: (N,) class indices.   ranking: (N,) of the class 1, or (N, C).
    Source:
        Hanley, McNeil, Radiology 143, 29-36 (1982); Fawcett, Pattern Recognition Letters 27, 861-874 (2006).
    """
    if ranking.ndim == 1:
        return _auc_of_pair(indices == 1, ranking)
    if ranking.shape[1] == 2:
        return _auc_of_pair(indices == 1, ranking[:, 1])
    return float(np.mean([_auc_of_pair(indices == c, ranking[:, c]) for c in range(ranking.shape[1])]))


def f1(indices: Array, predicted: Array, classes: int) -> float:
    """2 TP / (2 TP + FP + FN), of two classes for the class 1, of more the mean over the classes (macro).

    A class that is in neither the target nor the prediction is left out; NaN where that leaves none.

    Shapes:
        indices, predicted: (N,) class indices.
    Source:
        van Rijsbergen, Information Retrieval, 2nd ed., Butterworths (1979).
    """
    scores = [_f1_of(indices == c, predicted == c) for c in ([1] if classes == 2 else range(classes))]
    defined = [score for score in scores if not math.isnan(score)]
    return float(np.mean(defined)) if defined else math.nan


def mae(target: Array, values: Array) -> float:
    """sum |values - y| / entries, in the unit of the target."""
    return float(np.mean(np.abs(_difference(target, values))))


def rmse(target: Array, values: Array) -> float:
    """sqrt(sum (values - y)^2 / entries), in the unit of the target."""
    return float(np.sqrt(np.mean(np.square(_difference(target, values)))))


def r2(target: Array, values: Array) -> float:
    """1 - sum_n (values - y)^2 / sum_n (y - mean y)^2, the mean over the columns of the target.

    NaN where a column of the target is constant, which a single row is.
    """
    y = np.asarray(target, dtype=np.float64).reshape(len(target), -1)
    residual = np.square(_difference(target, values)).reshape(y.shape).sum(axis=0)
    total = np.square(y - y.mean(axis=0)).sum(axis=0)
    if (np.ptp(y, axis=0) == 0).any():
        return math.nan
    return float(np.mean(1 - residual / total))


@dataclass(frozen=True)
class Metric:
    """A row of the table of metrics.

    Args:
        name: as in net.yaml.
        classes: whether it is for classes, or for a regression.
        rising: whether more is better.
        evaluate: (target, scores, encoding) to a value.
        undefined: why it is NaN.
    """

    name: str
    classes: bool
    rising: bool
    evaluate: Callable[[Array, Scores, Encoding], float]
    undefined: str = "it is undefined"


def _accuracy(y: Array, scores: Scores, encoding: Encoding) -> float:
    return accuracy(encoding.indices(y), _known(scores.indices))


def _auc(y: Array, scores: Scores, encoding: Encoding) -> float:
    return auc(encoding.indices(y), _known(scores.ranking))


def _f1(y: Array, scores: Scores, encoding: Encoding) -> float:
    return f1(encoding.indices(y), _known(scores.indices), len(encoding.names))


METRICS = {
    row.name: row
    for row in (
        Metric("accuracy", True, True, _accuracy),
        Metric("auc", True, True, _auc, "a class has no row"),
        Metric("f1", True, True, _f1, "no row is of the class 1, in the target or predicted"),
        Metric("mae", False, False, lambda y, scores, _: mae(y, scores.values)),
        Metric("rmse", False, False, lambda y, scores, _: rmse(y, scores.values)),
        Metric("r2", False, True, lambda y, scores, _: r2(y, scores.values), "the target is constant"),
    )
}


def check_metrics(names: Iterable[str], task: str | None) -> None:
    """Refuse metrics that are unknown or not for this task; None where there is no target to compare with.

    Raises:
        InputError: all of them at once.
    """
    fitting = [name for name, metric in METRICS.items() if metric.classes == (task != "regression")]
    faults = []
    for name in names:
        if name not in METRICS:
            faults.append(Fault("metrics", f"unknown metric {name!r}; expected one of {', '.join(METRICS)}"))
        elif task is None:
            faults.append(Fault("metrics", f"{name!r} compares outputs with a target, and the network has none"))
        elif name not in fitting:
            message = f"{name!r} is not for a target of task {task}; expected one of {', '.join(fitting)}"
            faults.append(Fault("metrics", message))
    if faults:
        raise InputError(faults)


def evaluate(names: Iterable[str], target: Array, scores: Scores, encoding: Encoding) -> dict[str, float]:
    """Metrics by name; NaN where undefined."""
    return {name: METRICS[name].evaluate(target, scores, encoding) for name in names}


def _auc_of_pair(positive: Array, ranking: Array) -> float:
    count = int(positive.sum())
    others = len(positive) - count
    if count == 0 or others == 0:
        return math.nan
    _, place, ties = np.unique(ranking, return_inverse=True, return_counts=True)
    mid_rank = np.cumsum(ties) - (ties - 1) / 2
    ranks = mid_rank[place.reshape(-1)]
    return float((ranks[positive].sum() - count * (count + 1) / 2) / (count * others))


def _f1_of(actual: Array, predicted: Array) -> float:
    hits = int((actual & predicted).sum())
    total = int(actual.sum()) + int(predicted.sum())
    return 2 * hits / total if total else math.nan


def _difference(target: Array, values: Array) -> Array:
    y = np.asarray(target, dtype=np.float64)
    if values.size != y.size:
        message = f"output and target differ in shape; expected {y.shape}, got {values.shape}"
        raise InputError(Fault("metrics", message))
    return np.asarray(values, dtype=np.float64).reshape(y.shape) - y


def _known(value: Array | None) -> Array:
    if value is None:
        raise InputError(Fault("metrics", "the output has no classes; expected a binary target or class labels"))
    return value
