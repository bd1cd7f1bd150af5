"""Recurrences and lookups in plans: what comes before the steps, what is one loop body, what becomes a table."""

from __future__ import annotations

from symprop.derivation import derive
from symprop.network import build
from symprop.plan import Program, plan_derivation
from symprop.spec import parse_spec
from tests.codegen.test_steps import NETWORKS, STEPS, WORDS


def program(text: str) -> Program:
    return plan_derivation(derive(build(parse_spec(text, "net"))), 1, turned=True).program("gradient")


def stages(name: str) -> list[str]:
    return [str(stage) for stage in program(NETWORKS[name]).stages]


def test_words_are_multiplied_before_they_are_looked_up() -> None:
    found = "\n".join(stages("lstm of words"))
    table = found.split(" = W_e @ W_r")[0].split()[-1]
    assert f"p_r[n,t,m] = {table}[x[n, t],m] + b_r[m] + sum[k](h_r[n,t - 1,k]*U_r[k,m])" in found
    assert "dW_r_1[v,m] = sum[n,t: x[n, t] == v](dp_r[n,t,m])" in found
    assert "dW_r = W_e^T @ dW_r_1" in found
    assert "dW_e = dW_r_1 @ W_r^T" in found
    # nothing looks up, or adds up, rows of the embedding itself
    assert "Z_e[" not in found


def test_a_table_with_more_rows_than_are_looked_up_stays() -> None:
    rare = NETWORKS["lstm of words"].replace(f"vocabulary: {WORDS}", f"vocabulary: {32 * STEPS}")
    found = "\n".join(map(str, program(rare).stages))
    assert "Z_e[n,t,d] = W_e[x[n, t],d]" in found and "dW_r = Z_e^T @ dp_r" in found


def test_sums_that_need_no_step_come_before_the_first() -> None:
    found = stages("rnn")
    steps = [s for s in found if s.startswith("loops over t")]
    assert len(steps) == 2 and [s.count("sum[") for s in steps] == [1, 1]
    assert any("= x @ W_r   (5*N x 6 x 11)" in s for s in found[: found.index(steps[0])])
    assert any("dh_r_1[m,j] = U_r[j,m]" in s for s in found)


def test_a_step_backwards_is_two_loop_bodies() -> None:
    steps = next(s for s in stages("lstm of words") if s.startswith("loops over t downwards"))
    alone, *together = steps.splitlines()[1:]
    assert alone.startswith("  dh_r[n,t,j] = sum[m](dp_r[n,t + 1,m]*dh_r_1[m,j])")
    assert all(line.startswith("  | ") for line in together)
    # the four gates, each where it stands among them, without a condition
    assert [line.split(" = ")[0][4:] for line in together[-4:]] == [
        f"dp_r[n,t,j{place}]" for place in ("", " + 7", " + 14", " + 21")
    ]
    assert "[m <" not in steps and "[m >" not in steps


def test_what_a_body_alone_reads_is_no_array() -> None:
    roles = {b.name: b.role for b in program(NETWORKS["lstm of words"]).buffers}
    assert {roles[name] for name in ("do_r", "dg_r", "df_r", "di_r")} == {"local"}
    # the step after reads it
    assert roles["dc_r"] == roles["h_r"] == "work"
