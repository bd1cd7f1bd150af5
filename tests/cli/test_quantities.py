"""derive --hvp and its kin, and generate --with."""

from __future__ import annotations

import json

import pytest


@pytest.mark.parametrize(
    ("options", "line"),
    [
        (["--hvp"], "vdZ_out = vA_out/N"),
        (["--gauss-newton"], "vdW_out = x.T @ vdZ_out"),
        (["--fisher"], "vdW_out = x.T @ vdZ_out"),
        (["--empirical-fisher"], "FZ_out = "),
        (["--per-example"], "gZ_out = A_out - y"),
        (["--hessian", "--wrt", "W_out"], "JdW_out[i,j,k,l] = "),
        (["--jacobian", "A_out", "--wrt", "x"], "JA_out[n,j,k] = "),
        (["--jacobian", "dW_out", "--wrt", "b_out"], "JdW_out[i,j,k] = "),
    ],
)
def test_derive_more_than_the_gradient(call, home, options, line):
    done = call("derive", "tiny.yaml", "--closed-form", *options)
    assert (done.code, done.err) == (0, "")
    assert line in call("derive", "tiny.yaml", *options).out
    assert json.loads(call("derive", "tiny.yaml", "--json", *options).out)["adjoints"]


def test_derive_one_part_of_a_product(call, home):
    done = call("derive", "tiny.yaml", "--hvp", "--wrt", "b_out")
    assert "vdb_out = " in done.out and "vdW_out" not in done.out.split("Results")[1]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--hessian"], "symprop derive: --hessian needs one --wrt NAME, got 0. Try: symprop derive --help"),
        (
            ["--jacobian", "A_out", "--wrt", "x", "--wrt", "W_out"],
            "symprop derive: --jacobian needs one --wrt NAME, got 2. Try: symprop derive --help",
        ),
        (
            ["--jacobian", "A_out", "--hvp", "--wrt", "x"],
            "symprop derive: --jacobian and --hvp exclude each other. Try: symprop derive --help",
        ),
        (["--hvp", "--wrt", "x"], "x: hvp has no part of this name; expected one of W_out, b_out"),
        (
            ["--hessian", "--wrt", "V"],
            "V: no adjoint of this name; expected one of dA_out, dZ_out, dW_out, db_out, dx, dy",
        ),
    ],
)
def test_options_that_do_not_fit(call, home, options, message):
    done = call("derive", "tiny.yaml", *options)
    assert done.code == 2
    assert done.err.splitlines()[-1] == message


def test_generate_with_further_functions(call, home):
    done = call("generate", "tiny.yaml", "-o", "-", "--backend", "numpy", "--with", "hvp, per_example")
    assert done.code == 0
    assert "def hvp(params, v, x, y):" in done.out and "def per_example_grads(params, x, y):" in done.out
    plain = call("generate", "tiny.yaml", "-o", "-", "--backend", "numpy")
    assert "def hvp" not in plain.out


def test_generate_with_what_is_unknown(call, home):
    done = call("generate", "tiny.yaml", "--with", "hessians")
    assert done.code == 2
    assert done.err.startswith("quantities: unknown quantity 'hessians'; expected hvp, hessian, gauss_newton, fisher, ")
