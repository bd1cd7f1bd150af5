"""Names as symbols: natural ones, those of the user, and what is refused."""

from __future__ import annotations

import pytest

from symprop.errors import InputError
from symprop.language import Network
from symprop.report.escape import one_line
from symprop.report.symbols import Symbols, index_tex, natural_symbol
from symprop.report.usersymbols import checked_function, split_symbol
from tests.report.networks import tensor

EXPECTED = r"expected letters, accents and one subscript and superscript each, at most 80 characters"


@pytest.mark.parametrize(
    ("name", "tex"),
    [
        ("x", "x"),
        ("W1", "W_{1}"),
        ("W_fc", r"W_{\mathrm{fc}}"),
        ("Z_fc_2", r"Z_{\mathrm{fc,2}}"),
        ("W_2", "W_{2}"),
        ("mu", r"\mu"),
        ("alpha_fc", r"\alpha_{\mathrm{fc}}"),
        ("eps", r"\varepsilon"),
        ("tok", r"\mathit{tok}"),
        ("xhat_bn", r"\hat{x}_{\mathrm{bn}}"),
        ("muhat", r"\hat{\mu}"),
        ("hat", r"\mathit{hat}"),
        ("P_loss", r"P_{\mathrm{loss}}"),
    ],
)
def test_a_name_becomes_a_symbol(name: str, tex: str) -> None:
    assert natural_symbol(name).tex == tex


def test_indices_stand_behind_the_label_and_powers_above() -> None:
    assert natural_symbol("W1").at("ij") == "W_{1,ij}"
    assert natural_symbol("W1").adjoint().at("ij", "2") == r"\mathrm{d}W_{1,ij}^{2}"


@pytest.mark.parametrize(("name", "tex"), [("n", "n"), ("n1", "n'"), ("n3", "n'''"), ("n4", "n_{4}"), ("mu", r"\mu")])
def test_an_index_is_a_letter_with_primes(name: str, tex: str) -> None:
    assert index_tex(name) == tex


def test_names_that_would_look_alike_get_different_symbols() -> None:
    names = ("W1", "W_1", "a_b_c", "abc")
    symbols = Symbols(Network("n", {n: tensor(n) for n in names}, ()))
    shown = [symbols[n].tex for n in names]
    assert shown == ["W_{1}", r"\mathrm{W,1}", r"a_{\mathrm{b,c}}", r"\mathit{abc}"]


def test_a_symbol_of_the_user_is_taken_and_its_subscript_shared_with_indices() -> None:
    net = Network("n", {"W_fc": tensor("W_fc"), "V": tensor("V")}, (), symbols={"W_fc": r"\bar{W}_1", "V": "V^{(2)}"})
    symbols = Symbols(net)
    assert symbols["W_fc"].at("ij") == r"\bar{W}_{1,ij}"
    assert symbols["dW_fc"].tex == r"\mathrm{d}\bar{W}_{1}"
    assert symbols["V"].at("ij", "2") == "(V_{ij}^{(2)})^{2}"


@pytest.mark.parametrize(
    ("tex", "parts"),
    [
        ("W", ("W", "", "")),
        ("W_1", ("W", "1", "")),
        (r"\hat{W}_{ab}^{(1)}", (r"\hat{W}", "ab", "(1)")),
        (r"W^\top_1", ("W", "1", r"\top")),
        (r"\alpha x", (r"\alpha x", "", "")),
    ],
)
def test_a_symbol_is_split_into_its_parts(tex: str, parts: tuple[str, str, str]) -> None:
    assert split_symbol("W", tex) == parts


@pytest.mark.parametrize(
    "tex",
    [
        "",
        r"\input{/etc/passwd}",
        r"\openin5=x",
        r"\def\W{x}",
        r"W}_{1",
        "W_1_2",
        "W^2^3",
        "W'",
        "$W$",
        "W%",
        "W&",
        "W#1",
        "W~x",
        r"\catcode`\@=11",
        r"\W^^5cinput",
        r"\hat",
        r"\hat W",
        "_1",
        "{}",
        "W" * 81,
        "W\u200b",
        r"\bar{\bar",
        r"\csname input\endcsname",
        r"\text{$x$}",
    ],
)
def test_what_is_no_symbol_is_refused(tex: str) -> None:
    with pytest.raises(InputError) as refused:
        split_symbol("W_fc", tex)
    message = f"symbols: W_fc: '{one_line(tex[:80])}' is not a symbol in LaTeX; {EXPECTED}. Write \\bar{{W}}_1, say."
    assert str(refused.value) == message


def test_the_latex_of_a_function_is_checked_too() -> None:
    assert checked_function("gelu", r"\operatorname{gelu}_{\tanh}(#)") == r"\operatorname{gelu}_{\tanh}(#)"
    with pytest.raises(InputError) as refused:
        checked_function("f", r"\write18{ls}(#)")
    message = f"function 'f': '\\write18{{ls}}(x)' is not a symbol in LaTeX; {EXPECTED}. Write \\bar{{W}}_1, say."
    assert str(refused.value) == message
