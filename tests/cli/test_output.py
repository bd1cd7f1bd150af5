"""Files appear whole, and what is not symprop's own is left alone."""

import json

import pytest

from symprop.cli.output import deliver, json_text, write_file
from symprop.cli.seal import COMMENTS, is_own, sealed
from symprop.errors import InputError, MachineError

BODY = "a = 1\nb = 2\n"
THERE = "a file is there that symprop did not write, or that was changed since. Choose another name, or use --force."


@pytest.mark.parametrize("form", sorted(COMMENTS))
def test_a_seal_is_a_last_line_that_notices_changes(form):
    text = sealed(BODY, form)
    assert text.startswith(BODY) and text.count("\n") == 3
    assert is_own(text, form)
    assert not is_own(text.replace("a = 1", "a = 2"), form)
    assert not is_own(text + "more\n", form)
    assert not is_own(BODY, form) and not is_own("", form)


def test_a_seal_of_json_is_a_key():
    text = sealed('{"a": [1, 2], "b": "\\u00e9"}', "json")
    assert list(json.loads(text)) == ["a", "b", "sha256"]
    assert is_own(text, "json")
    assert not is_own(text.replace("2", "3"), "json")
    assert not any(is_own(other, "json") for other in ("", "[]", "{", '{"a": 1}', '{"sha256": 1}'))


def test_a_plain_file_has_no_seal():
    assert sealed(BODY, "plain") == BODY
    assert not is_own(BODY, "plain")


def test_own_output_is_replaced(tmp_path, capsys):
    place = tmp_path / "out.tex"
    for text in ("one\n", "two\n"):
        deliver(text, str(place), "latex")
    assert place.read_text().startswith("two\n% symprop wrote the text above; its sha256 is ")
    assert capsys.readouterr().err == f"wrote {place}\n" * 2


def test_what_was_changed_is_kept(tmp_path):
    place = tmp_path / "out.tex"
    deliver("one\n", str(place), "latex")
    place.write_text(place.read_text().replace("one", "mine"))
    with pytest.raises(InputError) as caught:
        deliver("two\n", str(place), "latex")
    assert str(caught.value) == f"{place}: {THERE}"
    assert place.read_text().startswith("mine\n")
    deliver("two\n", str(place), "latex", force=True)
    assert place.read_text().startswith("two\n")


def test_the_same_bytes_are_no_change(tmp_path):
    place = tmp_path / "out.csv"
    write_file(place, "1\n", "plain")
    write_file(place, "1\n", "plain")
    with pytest.raises(InputError) as caught:
        write_file(place, "2\n", "plain")
    assert str(caught.value) == f"{place}: {THERE}"


def test_a_link_is_not_followed(tmp_path):
    target, link = tmp_path / "target", tmp_path / "link"
    target.write_text(sealed("one\n", "text"))
    link.symlink_to(target)
    with pytest.raises(InputError) as caught:
        deliver("two\n", str(link), "text")
    assert str(caught.value) == f"{link}: {THERE}"
    assert target.read_text().startswith("one\n")


def test_a_folder_is_no_file(tmp_path):
    with pytest.raises(InputError) as caught:
        deliver("one\n", str(tmp_path), "text")
    assert str(caught.value) == f"{tmp_path}: this is a folder; expected a file. Give {tmp_path / 'NAME'}."


def test_a_missing_folder_is_the_machines_fault(tmp_path):
    place = tmp_path / "none" / "out.tex"
    with pytest.raises(MachineError) as caught:
        deliver("one\n", str(place), "latex")
    assert str(caught.value) == f"{place}: it cannot be written: No such file or directory."


def test_a_failure_leaves_nothing_behind(tmp_path, monkeypatch):
    def fails(*args):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", fails)
    place = tmp_path / "out.txt"
    with pytest.raises(MachineError) as caught:
        deliver("one\n", str(place), "text")
    assert str(caught.value) == f"{place}: it cannot be written: No space left on device."
    assert list(tmp_path.iterdir()) == []


def test_nothing_or_a_dash_is_standard_output(capsys):
    for place in (None, "-"):
        deliver("one", place, "latex")
    assert capsys.readouterr().out == "one\none\n"


def test_json_has_a_line_for_each_key():
    text = json_text({"a": [1, 2], "rows": [{"b": 1}, {"b": 2}], "c": None})
    assert text == '{\n "a": [1, 2],\n "rows": [\n  {"b": 1},\n  {"b": 2}\n ],\n "c": null\n}\n'
    assert json.loads(text) == {"a": [1, 2], "rows": [{"b": 1}, {"b": 2}], "c": None}
