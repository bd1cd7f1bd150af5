"""What is installed is what is in the tree: packages, templates, the launcher and the version."""

import re
import tomllib
from importlib import import_module, resources
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
LISTED = PROJECT["tool"]["setuptools"]["packages"]


def packages_in_the_tree() -> set[str]:
    folders = {file.parent for file in (ROOT / "symprop").rglob("*.py")}
    return {".".join(folder.relative_to(ROOT).parts) for folder in folders} | {"symprop.templates"}


def test_every_package_is_listed() -> None:
    missing = sorted(packages_in_the_tree() - set(LISTED))
    assert not missing, f"add to [tool.setuptools] packages in pyproject.toml: {missing}"


def test_every_listed_package_exists() -> None:
    assert sorted(set(LISTED) - packages_in_the_tree()) == []
    assert sorted(LISTED) == LISTED


@pytest.mark.parametrize("name", [name for name in LISTED if name != "symprop.templates"])
def test_every_package_says_what_it_is(name: str) -> None:
    assert (import_module(name).__doc__ or "").strip()


def test_templates_are_flat_and_packaged() -> None:
    assert PROJECT["tool"]["setuptools"]["package-dir"]["symprop.templates"] == "templates"
    assert PROJECT["tool"]["setuptools"]["package-data"]["symprop.templates"] == ["*.jinja"]
    assert {p.suffix for p in (ROOT / "templates").iterdir() if p.name != "__pycache__"} == {".jinja", ".py"}
    assert [p.name for p in (ROOT / "templates").glob("*.py")] == ["__init__.py"]


def test_type_marker_ships() -> None:
    assert resources.files("symprop").joinpath("py.typed").is_file()
    assert PROJECT["tool"]["setuptools"]["package-data"]["symprop"] == ["py.typed"]


def test_version_is_that_of_the_installed_package() -> None:
    try:
        installed = version("symprop")
    except PackageNotFoundError:
        installed = "0+unknown"
    assert import_module("symprop").__version__ == installed
    assert installed in {PROJECT["project"]["version"], "0+unknown"}, "install the checkout again"
    assert re.fullmatch(r"\d+\.\d+\.\d+", PROJECT["project"]["version"])


def test_command_and_launcher_are_the_same_function() -> None:
    assert PROJECT["project"]["scripts"] == {"symprop": "symprop.cli:main"}
    assert callable(import_module("symprop.cli").main)
    assert "from symprop.cli import main" in (ROOT / "cli.py").read_text(encoding="utf-8")


def test_sdist_holds_what_git_shows_first() -> None:
    manifest = (ROOT / "MANIFEST.in").read_text(encoding="utf-8")
    for name in ("cli.py", "CHANGELOG.md", "CONTRIBUTING.md", "templates/*.jinja"):
        assert name in manifest


def test_licence_is_the_whole_text() -> None:
    text = (ROOT / "LICENSE").read_text(encoding="utf-8")
    assert "Apache License" in text and "Version 2.0, January 2004" in text and "END OF TERMS AND CONDITIONS" in text
