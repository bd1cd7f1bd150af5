"""What to write in place of functions that are not traced.

Leaves: what stops the trace at such a function, with a hint where there is something to write.
"""

from __future__ import annotations

from symprop.frontends.tracing.faults import NotTraceable, not_traceable

_LOOP = "Multiply the entries in a loop."
_FINITE = "Leave the check out: traced values are finite."
_CHECK = "Leave the check out, or write np.where for what depends on it."
_WHERE = "Write np.where(mask, a, b)."
_PARTS = "Write the place as a mask, x == x.max(axis=1, keepdims=True)."
ALTERNATIVES = {
    "all": _CHECK,
    "allclose": _CHECK,
    "any": _CHECK,
    "argmax": _PARTS,
    "argmin": _PARTS.replace("max", "min"),
    "argwhere": _WHERE,
    "array_equal": _CHECK,
    "bincount": "Write np.add.at, or the sum of rows of one-hot labels.",
    "block": "Write np.concatenate.",
    "choose": _WHERE,
    "compress": "Write np.where(mask, x, 0), or multiply by the mask.",
    "count_nonzero": "Write mask.sum().",
    "cross": "Write its entries by slices.",
    "cumprod": _LOOP,
    "diff": "Write x[1:] - x[:-1].",
    "divmod": "Give whole numbers as integer inputs.",
    "dstack": "Write np.stack(arrays, axis=2).",
    "extract": "Write np.where(mask, x, 0), or multiply by the mask.",
    "fill_diagonal": "Write x * (1 - np.eye(n)) + a * np.eye(n).",
    "flatnonzero": _WHERE,
    "heaviside": "Write np.where(x > 0, 1.0, 0.0).",
    "inv": "Make the inverse an input.",
    "isclose": _CHECK,
    "isfinite": _FINITE,
    "isinf": _FINITE,
    "isnan": _FINITE,
    "kron": "Write np.einsum('ij,kl->ikjl', a, b), and reshape it.",
    "linspace": "Write a + (b - a) * np.arange(n) / (n - 1).",
    "nan_to_num": _FINITE,
    "nonzero": _WHERE,
    "percentile": "Write what it is for as an input.",
    "prod": _LOOP,
    "ptp": "Write x.max() - x.min().",
    "put_along_axis": "Write x[np.arange(n), labels] = value.",
    "select": "Write np.where inside of np.where.",
    "solve": "Make the solution an input.",
    "tolist": "Leave it an array, or go over its rows in a loop.",
    "vectorize": "Write the function on whole arrays, with np.where for its branches.",
}


def untraced(name: str, of: str = "") -> NotTraceable:
    """The fault of a function that is not known, or of such an attribute of an array."""
    return not_traceable(f"{of}'{name}' cannot be traced", ALTERNATIVES.get(name, ""))
