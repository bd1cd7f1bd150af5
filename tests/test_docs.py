"""The pages of docs/: their Python runs, their YAML parses, their tables and links are up to date."""

from __future__ import annotations

import contextlib
import io
import re
from itertools import zip_longest
from pathlib import Path

import pytest

from docs import tables
from symprop import cli
from symprop.errors import SpecError
from symprop.network import build
from symprop.spec import parse_spec, records

ROOT = Path(__file__).resolve().parent.parent
PAGES = sorted((ROOT / "docs").glob("*.md"))
FENCE = re.compile(r"^```([^\n]*)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
LINK = re.compile(r"\]\((?!https?:)([^)#]*)(?:#([^)]*))?\)")
# code and formulas have brackets of their own
NO_PROSE = re.compile(r"`[^`\n]*`|^    .*$|\$\$?[^$]*\$\$?", re.MULTILINE)
# what a fragment of a spec leaves out, written so that every fragment stands on it
REST = {
    "symprop": "1",
    "name": "fragment",
    "inputs": "{x: {shape: [3]}, y: {shape: [1], role: target}}",
    "layers": "[{id: out, type: dense, units: 1}]",
    "loss": "{type: mse, from: out, target: y}",
}
RECORDS = {
    "root": records.ROOT,
    "input": records.INPUT,
    "equations": records.EQUATIONS_LAYER,
    "layer type": records.LAYER_TYPE,
    "option": records.OPTION,
    "param": records.LAYER_PARAM,
    "function": records.FUNCTION,
    "loss function": records.LOSS_FUNCTION,
    "training": records.TRAINING,
    "early_stop": records.EARLY_STOP,
    "data": records.DATA,
    "split": records.SPLIT,
}


def blocks(page: Path) -> list[tuple[str, str]]:
    """Language and text of every fenced block of a page, in order."""
    return [(match[1].strip(), match[2]) for match in FENCE.finditer(page.read_text(encoding="utf-8"))]


def programs(page: Path) -> list[tuple[str, str]]:
    """Python blocks of a page, each with the text block that stands directly behind it, or ""."""
    text = page.read_text(encoding="utf-8")
    found = list(FENCE.finditer(text))
    pairs = []
    for block, after in zip_longest(found, found[1:]):
        if block[1].strip() == "python":
            told = after is not None and after[1].strip() == "text" and not text[block.end() : after.start()].strip()
            pairs.append((block[2], after[2] if after is not None and told else ""))
    return pairs


def run(page: Path, folder: Path) -> list[tuple[str, str]]:
    """Expected and printed text of the Python blocks of a page, which share one namespace and a folder."""
    names: dict[str, object] = {"__name__": "page"}
    outcomes = []
    with contextlib.chdir(folder):
        for number, (source, expected) in enumerate(programs(page), 1):
            printed = io.StringIO()
            with contextlib.redirect_stdout(printed):
                exec(compile(source, f"{page.name}, program {number}", "exec"), names)
            outcomes.append((expected, printed.getvalue()))
    return outcomes


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_python_of_a_page_prints_what_the_page_says(page: Path, tmp_path: Path) -> None:
    for expected, printed in run(page, tmp_path):
        assert printed == expected


NAMED = re.compile(r"`([\w.]+)`:\n\n```[^\n]*\n(.*?)^```$", re.DOTALL | re.MULTILINE)
COMMAND = re.compile(r"^```sh\nsymprop ([^\n]*)\n```\n\n```text\n(.*?)^```$", re.DOTALL | re.MULTILINE)


@pytest.mark.parametrize(("name", "codes"), [("wrong_derivation", [1, 1, 1, 0]), ("plan", [0])])
def test_commands_of_a_page_are_answered_as_it_says(
    name: str, codes: list[int], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    text = (ROOT / "docs" / f"{name}.md").read_text(encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    found = sorted([*NAMED.finditer(text), *COMMAND.finditer(text)], key=lambda match: match.start())
    ended = []
    for match in found:
        if match.re is NAMED:
            (tmp_path / match[1]).write_text(match[2], encoding="utf-8")
        else:
            ended.append(cli.run(match[1].split()))
            assert capsys.readouterr().out == match[2]
    assert ended == codes


def test_pages_with_python_are_those_that_promise_it() -> None:
    with_python = {page.name for page in PAGES if any(language == "python" for language, _ in blocks(page))}
    promised = "formulas generated_module higher_derivatives how_it_derives language modes proofs python"
    assert with_python == {f"{name}.md" for name in promised.split()}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_yaml_of_a_page_is_a_spec_or_a_part_of_one(page: Path) -> None:
    for language, text in blocks(page):
        if language == "yaml":
            build(parse_spec(text, page.name), text)
        elif language == "yaml fragment":
            assert faults_of_a_fragment(text) == []


def faults_of_a_fragment(text: str) -> list[str]:
    """Faults that lie within a fragment; what it refers to and leaves out is not asked for."""
    own = set(re.findall(r"^(\w+):", text, re.MULTILINE))
    whole = text + "".join(f"{key}: {value}\n" for key, value in REST.items() if key not in own)
    try:
        parse_spec(whole, "fragment")
    except SpecError as error:
        open_ends = ("unknown source", "unknown input", "reaches", "no loss compares", "unknown name")
        last = text.count("\n")
        inside = [f for f in error.faults if int(f.where.split(":")[1]) <= last]
        return [str(f) for f in inside if not any(words in f.message for words in open_ends)]
    return []


def test_faults_of_a_fragment_are_found() -> None:
    text = "training: {epochs: many}\n"
    assert faults_of_a_fragment(text) == [
        "fragment:1:20: training: epochs: expected a whole number from 1 to 1000000000, got text 'many'"
    ]


def test_blocks_are_of_known_languages() -> None:
    known = {"python", "text", "sh", "yaml", "yaml fragment"}
    assert {language for page in PAGES for language, _ in blocks(page)} <= known


def test_tables_of_the_spec_are_up_to_date() -> None:
    text = tables.PAGE.read_text(encoding="utf-8")
    assert tables.page(text) == text, "run: python -m docs.tables"
    assert set(re.findall(r"<!-- table: (\w+) -->", text)) == set(tables.TABLES)


def test_tables_have_a_row_for_every_entry() -> None:
    text = tables.PAGE.read_text(encoding="utf-8")
    for name in (*tables.ACTIVATIONS, *tables.LAYERS, *tables.LOSSES, *tables.OPTIMIZERS, *tables.METRICS):
        assert f"\n| `{name}` | " in text


@pytest.mark.parametrize("section", RECORDS)
def test_every_key_of_a_spec_is_described_with_its_default(section: str) -> None:
    rows = [line for line in tables.PAGE.read_text(encoding="utf-8").splitlines() if line.startswith("| `")]
    for field in RECORDS[section].model_fields.values():
        named = [row for row in rows if f"`{field.alias}`" in row.split(" | ")[0]]
        assert named, field.alias
        if (default := shown(field.default)) is not None:
            assert any(f"`{default}`" in row.rsplit("|", 2)[1] for row in named), (field.alias, default)


def shown(value: object) -> str | None:
    """A default as a spec writes it; None where there is none, or where it is a list or a mapping."""
    if isinstance(value, bool):
        return str(value).lower()
    return f"{value:g}" if isinstance(value, int | float) else value if isinstance(value, str) else None


@pytest.mark.parametrize("page", [*PAGES, ROOT / "README.md"], ids=lambda page: page.name)
def test_links_lead_to_pages_and_headings(page: Path) -> None:
    prose = NO_PROSE.sub("", FENCE.sub("", page.read_text(encoding="utf-8")))
    for path, heading in LINK.findall(prose):
        target = page.parent / path if path else page
        assert target.exists(), path
        assert not heading or heading in headings(target), f"{path}#{heading}"


def headings(page: Path) -> set[str]:
    """Anchors of the headings of a page."""
    titles = re.findall(r"^#+ (.*)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", title.lower()).replace(" ", "-") for title in titles}


def test_the_index_names_every_page() -> None:
    index = (ROOT / "docs" / "README.md").read_text(encoding="utf-8")
    assert {page.name for page in PAGES} - {"README.md"} == set(re.findall(r"^\| \[([\w.]+)\]", index, re.MULTILINE))
