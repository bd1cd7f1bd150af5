"""Reports as JSON, version 1."""

from __future__ import annotations

from typing import Any

from symprop.verification.values import Conventions, Counterexample, Evidence, Report, Verdict


def report_json(report: Report) -> dict[str, Any]:
    """The whole object."""
    head = {"schema": 1, "ok": report.ok, "network": report.network, "conventions": _conventions(report.conventions)}
    return {**head, "claims": [_claim(v) for v in report.claims]}


def _conventions(found: Conventions) -> dict[str, Any]:
    return {
        "declared": None if found.declared is None else found.declared.as_dict(),
        "used": found.used.as_dict(),
        "right_under": [convention.as_dict() for convention in found.right_under],
        "fitting": [convention.as_dict() for convention in found.fitting],
    }


def _claim(verdict: Verdict) -> dict[str, Any]:
    return {
        "name": verdict.name,
        "target": verdict.target,
        "verdict": verdict.verdict,
        "reason": verdict.reason,
        "flags": list(verdict.flags),
        "extents": verdict.extents if isinstance(verdict.extents, str) else list(verdict.extents),
        "assumptions": list(verdict.assumptions),
        "kinks": list(verdict.kinks),
        "evidence": _evidence(verdict.evidence),
        "ratio": verdict.ratio or None,
        "first_wrong": verdict.first_wrong or None,
        "counterexample": _counterexample(verdict.counterexample),
        "difference": verdict.difference or None,
        "differing": None if verdict.differing is None else list(verdict.differing),
        "ours": verdict.ours or None,
        "hints": list(verdict.hints),
        "where": verdict.where,
        "read_as": verdict.read_as or None,
    }


def _evidence(evidence: Evidence | None) -> dict[str, Any] | None:
    if evidence is None:
        return None
    worst = evidence.worst if evidence.worst < float("inf") else None
    return {"method": evidence.method, "digits": evidence.digits, "points": evidence.points, "worst": worst}


def _counterexample(found: Counterexample | None) -> dict[str, Any] | None:
    if found is None:
        return None
    head: dict[str, Any] = {"extents": dict(found.extents), "values": dict(found.values)}
    return {**head, "entry": found.entry, "yours": found.yours, "ours": found.ours}
