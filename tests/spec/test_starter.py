"""`symprop new`: every template is a good spec under any good name, and says so where the name is not."""

import pytest

from symprop.errors import SpecError
from symprop.spec import parse_spec, starter, starters


@pytest.mark.parametrize("template", starters())
def test_every_template_is_a_good_spec(template: str) -> None:
    text = starter(template, "demo")
    assert parse_spec(text).name == "demo"
    assert text.count("#") >= 10
    assert max(map(len, text.splitlines())) <= 120


def test_templates() -> None:
    assert {"logistic", "mlp"} <= set(starters())


@pytest.mark.parametrize(
    ("template", "name", "message"),
    [
        ("mlpp", "demo", "--template: unknown template 'mlpp'; did you mean 'mlp'?"),
        (
            "mlp",
            "../x",
            "name: expected a name of ASCII letters, digits and _ that begins with a letter, got text '../x'",
        ),
        (
            "mlp",
            "numpy",
            "name: 'numpy' is the name of a package that a generated module imports; expected another name",
        ),
        ("mlp", "a" * 300, "name: expected a name of at most 64 characters, got 300"),
        (
            "mlp",
            "x\n#",
            "name: expected a name of ASCII letters, digits and _ that begins with a letter, got text 'x\\n#'",
        ),
    ],
)
def test_bad_names(template: str, name: str, message: str) -> None:
    with pytest.raises(SpecError) as caught:
        starter(template, name)
    assert str(caught.value) == message
