"""Time: what is decided within it, and what is said when it is up."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from symprop.cli import run
from symprop.errors import UndecidedError
from symprop.language import Network
from symprop.verification import proving, verify
from symprop.verification.claimsfile import parse_claims
from tests.verification.hand import classifier, network, report, tensor
from tests.verification.published import norms
from tests.verification.test_verdicts import RIGHT

FORMS = {form.name: form for form in norms.FORMS}


def seconds_for(net: Network, text: str) -> float:
    start = time.process_time()
    assert report(net, text).ok
    return time.process_time() - start


def test_claims_of_a_two_layer_network_take_less_than_a_second() -> None:
    report(classifier(), RIGHT)
    assert seconds_for(classifier(), RIGHT) < 1


@pytest.mark.slow
def test_a_network_of_784_128_10_is_decided_in_seconds() -> None:
    start = time.process_time()
    found = report(classifier("tanh", 784, 128), RIGHT.replace("1 - A1**2", "1 - A1"))
    assert [v.verdict for v in found.given] == ["PROVED"] * 4 + ["REFUTED"] * 3
    assert time.process_time() - start < 25


@pytest.mark.parametrize("timeout", [0.3, 2.0])
def test_little_time_ends_in_an_honest_answer(timeout: float, monkeypatch: pytest.MonkeyPatch) -> None:
    """A prover that finds nothing takes all the time there is."""

    def nothing(*_: object, time_limit_seconds: float, **__: object) -> None:
        time.sleep(min(time_limit_seconds, 5))

    monkeypatch.setattr(proving, "prove_equal", nothing)
    try:
        found = report(classifier(), RIGHT, timeout=timeout)
    except UndecidedError as error:  # a busy machine: there was no time for a single evaluation
        assert "larger --timeout" in str(error)
        return
    assert {v.verdict for v in found.given} <= {"AGREES", "NOT EVALUABLE"}
    assert found.exit_code == 5
    for verdict in found.given:
        agrees = verdict.verdict == "AGREES"
        assert agrees == (verdict.evidence is not None and verdict.evidence.points >= 2)
        if not agrees:
            expected = "The time was up before it could be evaluated in high precision; nothing is said of it."
            assert verdict.reason == expected


def test_no_time_for_a_large_network_is_said_at_once() -> None:
    wide = [tensor("x", "N", 4000, role="input"), tensor("W", 4000, 4000, role="param"), tensor("Z", "N", 4000)]
    lines = ("Z[n,j] = sum[i](x[n,i]*W[i,j])", "L = sum[n,j](sin(Z[n,j]))")
    claims = parse_claims("claims: {dW: x.T @ cos(Z)}", "hand.yaml")
    start = time.process_time()
    with pytest.raises(UndecidedError) as caught:
        verify(network([*wide], *lines), claims, 5.0)
    assert time.process_time() - start < 2
    assert str(caught.value).startswith("network 'hand': to evaluate it once in 60 digits takes about ")
    assert str(caught.value).endswith(" s; expected at most 5 s. Give it a larger --timeout.")


def test_evaluation_is_given_up_with_the_time() -> None:
    """Recurrences are swept over many times, more often than can be known beforehand."""
    claims = "claims: {'dh[t]': '2*h[t] + dh[t+1]*(1 - h[t+1]**2)'}"

    def through_time(steps: int) -> Network:
        tensors = [tensor("x", steps, role="input"), tensor("h", steps)]
        return network(tensors, "h[t] = tanh(h[t-1] + x[t])", "L = sum[t](h[t]**2)")

    start = time.process_time()
    found = report(through_time(3000), claims, timeout=2.0)
    assert time.process_time() - start < 6
    assert found["dh"].verdict == "NOT EVALUABLE" and found.exit_code == 5
    assert report(through_time(9), claims)["dh"].verdict == "PROVED"


def test_the_command_ends_with_5(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["verify", "examples/claims/digits.yaml", "--timeout", "0.001"]) == 5
    assert "time" in capsys.readouterr().err


def test_a_proof_is_looked_for_in_the_time_there_is() -> None:
    form = FORMS["layer_norm"]
    file = parse_claims("claims: {dgamma: (U*h).sum(0)}", "hand.yaml")
    assert verify(form.network, file, 5.0)["dgamma"].verdict == "PROVED"
