"""README.md: its Python runs and prints what it says, its commands and files exist, its numbers are those of a run."""

from __future__ import annotations

import contextlib
import io
import re
import shlex
from itertools import pairwise
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from symprop.cli.commands import symprop
from symprop.errors import SpecError
from symprop.spec import parse_spec

ROOT = Path(__file__).resolve().parent.parent
TEXT = (ROOT / "README.md").read_text(encoding="utf-8")
FENCE = re.compile(r"^```([^\n]*)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
BLOCKS = [(match[1].strip(), match[2]) for match in FENCE.finditer(TEXT)]
SPANS = [match.span() for match in FENCE.finditer(TEXT)]
PYTHON = [number for number, (language, _) in enumerate(BLOCKS) if language == "python"]
FILE = re.compile(r"\b(?:examples|docs|benchmarks|tests)/[\w./]*\w|\b[A-Z]{4,}\.md\b")
OUTPUT_OPTIONS = {"-o", "--output"}


def expected_after(number: int) -> str:
    """The text block that stands directly behind a block, "" where none does."""
    if number + 1 == len(BLOCKS) or BLOCKS[number + 1][0] != "text":
        return ""
    between = TEXT[SPANS[number][1] : SPANS[number + 1][0]]
    return "" if between.strip() else BLOCKS[number + 1][1]


def test_python_blocks_run_in_order_and_print_what_follows_them(tmp_path: Path) -> None:
    names: dict[str, object] = {"__name__": "readme"}
    assert PYTHON
    with contextlib.chdir(tmp_path):
        for number in PYTHON:
            printed = io.StringIO()
            with contextlib.redirect_stdout(printed):
                exec(compile(BLOCKS[number][1], f"README.md, block {number + 1}", "exec"), names)
            assert printed.getvalue() == expected_after(number)


def shell_commands() -> list[list[str]]:
    """Words of every symprop command in the shell blocks; `&&` and line ends part commands."""
    lines = [line for language, text in BLOCKS if language == "sh" for line in text.splitlines()]
    parts = (shlex.split(part, comments=True) for line in lines for part in line.split("&&"))
    return [words[1:] for words in parts if words and words[0] == "symprop"]


def synopsis_commands() -> list[list[str]]:
    """Words of the table of commands, its brackets and bars taken as spaces."""
    text = next(text for language, text in BLOCKS if language == "text" and text.startswith("symprop "))
    lines = (line.partition("  ")[0] for line in text.splitlines())
    return [re.sub(r"[\[\]|]", " ", line).split()[1:] for line in lines]


def options_of(name: str) -> set[str]:
    """Options of a command."""
    context = click.Context(symprop)
    command = symprop.get_command(context, name)
    assert command is not None, name
    return {option for parameter in command.params for option in (*parameter.opts, *parameter.secondary_opts)}


@pytest.mark.parametrize("words", shell_commands() + synopsis_commands(), ids=" ".join)
def test_commands_and_their_options_exist(words: list[str]) -> None:
    assert words[0] in symprop.list_commands(click.Context(symprop))
    assert {word for word in words if word.startswith("-")} <= options_of(words[0])


def test_all_commands_are_shown() -> None:
    assert {words[0] for words in synopsis_commands()} == set(symprop.list_commands(click.Context(symprop)))


def test_arguments_that_are_files_exist() -> None:
    for words in shell_commands():
        given = [word for before, word in pairwise(words) if before not in OUTPUT_OPTIONS]
        assert all((ROOT / word).is_file() for word in given if "/" in word), words


def test_files_that_are_named_exist() -> None:
    found = set(FILE.findall(TEXT))
    assert "examples/breast_cancer.yaml" in found
    assert [name for name in sorted(found) if not (ROOT / name).exists()] == []


def test_modules_that_are_run_exist() -> None:
    modules = re.findall(r"python -m (benchmarks\.\w+)", TEXT)
    assert modules
    assert [name for name in modules if not (ROOT / f"{name.replace('.', '/')}.py").is_file()] == []


def test_derivation_of_the_first_command() -> None:
    words = next(words for words in shell_commands() if words[0] == "derive")
    result = CliRunner().invoke(symprop, [words[0], str(ROOT / words[1]), *words[2:]])
    assert result.exit_code == 0, result.output
    assert r"\begin{" in result.output
    assert r"\log" in result.output


def table(text: str) -> dict[str, list[float]]:
    """Rows of numbers of a table, by their first word."""
    rows = (line.split() for line in text.splitlines())
    numbers = re.compile(r"[\d.,]+")
    return {
        row[0]: [float(word.replace(",", "")) for word in row[1:]]
        for row in rows
        if len(row) == 4 and all(numbers.fullmatch(word) for word in row[1:])
    }


def test_accuracy_of_the_first_command(tmp_path: Path) -> None:
    pytest.importorskip("sklearn", reason="the data of the first command come with scikit-learn")
    words = next(words for words in shell_commands() if words[0] == "train")
    shown = table(next(text for _, text in BLOCKS if re.match(r" +train +validation +test\n", text)))
    arguments = [words[0], str(ROOT / words[1]), *words[2:], "-o", str(tmp_path / "run")]
    result = CliRunner().invoke(symprop, arguments)
    assert result.exit_code == 0, result.output
    printed = table(result.stdout)
    assert shown.keys() == printed.keys() >= {"rows", "accuracy"}
    assert shown["rows"] == printed["rows"]
    assert shown["accuracy"] == pytest.approx(printed["accuracy"], abs=0.02)


def test_fault_that_is_shown() -> None:
    shown = next(text for language, text in BLOCKS if language == "text" and text.startswith("net.yaml:")).strip()
    first = BLOCKS[PYTHON[0]][1]
    spec = re.search(r'"""(.*?)"""', first, re.DOTALL)
    assert spec is not None
    with pytest.raises(SpecError) as caught:
        parse_spec(spec[1].replace("tanh", "rellu"), "net.yaml")
    assert str(caught.value) == shown
