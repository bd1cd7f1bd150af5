"""Files that are not there, are no files, or hold something else than readable text."""

import io
import os
from pathlib import Path

import pytest

from symprop.errors import MachineError, SpecError
from symprop.spec import Limits, parse_spec, read_spec
from tests.spec.stand_in import net


def refusal(path: Path | str, kind: type[MachineError] | type[SpecError], limits: Limits | None = None) -> str:
    with pytest.raises(kind) as caught:
        read_spec(path, limits=limits or Limits())
    return str(caught.value)


def test_a_file_is_read(tmp_path: Path) -> None:
    file = tmp_path / "net.yaml"
    file.write_text(net(), encoding="utf-8")
    spec = read_spec(file)
    assert spec == parse_spec(net(), str(file))
    assert spec.where("loss", "type") == f"{file}:5:14"


def test_standard_input_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(net(name="../x").encode())))
    assert refusal("-", SpecError) == (
        "standard input:2:7: name: expected a name of ASCII letters, digits and _ that begins with a letter, "
        "got text '../x'"
    )


def test_missing_file(tmp_path: Path) -> None:
    path = tmp_path / "net.yaml"
    assert refusal(path, MachineError) == f"{path}: there is no such file; expected a spec such as net.yaml"


def test_missing_file_with_a_neighbour(tmp_path: Path) -> None:
    (tmp_path / "spam.yaml").write_text("", encoding="utf-8")
    path = tmp_path / "span.yaml"
    expected = f"{path}: there is no such file; expected a spec such as net.yaml. "
    assert refusal(path, MachineError) == expected + f"Did you mean '{tmp_path / 'spam.yaml'}'?"


def test_a_folder(tmp_path: Path) -> None:
    assert refusal(tmp_path, MachineError) == f"{tmp_path}: this is a folder; expected a file"


def test_a_pipe_does_not_block(tmp_path: Path) -> None:
    path = tmp_path / "pipe"
    os.mkfifo(path)
    expected = f"{path}: this is a pipe; expected a file. Use - for standard input."
    assert refusal(path, MachineError) == expected


def test_a_device() -> None:
    expected = "/dev/zero: this is a device; expected a file. Use - for standard input."
    assert refusal("/dev/zero", MachineError) == expected


def test_a_circle_of_links(tmp_path: Path) -> None:
    path = tmp_path / "net.yaml"
    path.symlink_to(path)
    expected = f"{path}: too many levels of symbolic links; expected a spec such as net.yaml"
    assert refusal(path, MachineError) == expected


def test_a_name_that_is_no_path() -> None:
    assert refusal("a\0b", MachineError) == "a?b: this is not a path; expected a spec such as net.yaml"


def test_a_name_of_many_characters() -> None:
    expected = "..." + "a" * 197 + ": file name too long; expected a spec such as net.yaml"
    assert refusal("a" * 300, MachineError) == expected


def test_too_long(tmp_path: Path) -> None:
    path = tmp_path / "net.yaml"
    path.write_bytes(b"#" * (2**20 + 1))
    assert refusal(path, SpecError) == f"{path}: the file is too long; expected at most 1048576 bytes"


def test_limits_are_options(tmp_path: Path) -> None:
    path = tmp_path / "net.yaml"
    path.write_text(net(), encoding="utf-8")
    message = f"{path}: the file is too long; expected at most 100 bytes"
    assert refusal(path, SpecError, Limits(size_bytes=100)) == message
    message = f"{path}:4:60: the spec has too many values; expected at most 30"
    assert refusal(path, SpecError, Limits(nodes=30)) == message
    message = f"{path}:3:9: values are nested too deeply; expected at most 1 levels"
    assert refusal(path, SpecError, Limits(depth=1)) == message
    message = f"{path}:4:60: layers: expected at most 1 layers, got 2"
    assert refusal(path, SpecError, Limits(layers=1)).split("\n")[0] == message
    message = f"{path}:3:21: input 'x': shape: expected at most 0 axes beside the batch axis, got 1"
    assert refusal(path, SpecError, Limits(rank=1)).split("\n")[0] == message


def test_other_encodings(tmp_path: Path) -> None:
    path = tmp_path / "net.yaml"
    path.write_bytes(b"symprop: 1\nname: caf\xe9\n")
    expected = f"{path}:2:10: byte 0xE9 is not UTF-8; expected text in UTF-8. Save the file as UTF-8."
    assert refusal(path, SpecError) == expected
    path.write_bytes(net().encode("utf-16"))
    expected = f"{path}:1:1: byte 0xFF is not UTF-8; expected text in UTF-8. Save the file as UTF-8."
    assert refusal(path, SpecError) == expected


def test_a_byte_order_mark_and_windows_lines_are_fine(tmp_path: Path) -> None:
    path = tmp_path / "net.yaml"
    path.write_bytes(b"\xef\xbb\xbf" + net().replace("\n", "\r\n").encode())
    assert read_spec(path) == parse_spec(net(), str(path))


UNSEEN = {
    "\0": "U+0000 (a control character)",
    "\x1b": "U+001B (a control character)",
    "\x85": "U+0085 (a control character)",
    "\r": "U+000D (a control character)",
    "\u200b": "U+200B (zero width space)",
    "\u202e": "U+202E (right-to-left override)",
    "\u2028": "U+2028 (line separator)",
    "\ufeff": "U+FEFF (zero width no-break space)",
    "\ue000": "U+E000 (no name)",
}


@pytest.mark.parametrize("character", UNSEEN, ids=[f"U+{ord(c):04X}" for c in UNSEEN])
def test_characters_that_cannot_be_seen(character: str) -> None:
    with pytest.raises(SpecError) as caught:
        parse_spec(net(name=f"a{character}b"))
    message = f"net.yaml:2:8: character {UNSEEN[character]} cannot be seen; expected printable text. Remove it."
    assert str(caught.value) == message


def test_letters_of_any_alphabet_are_fine_in_comments_and_columns() -> None:
    text = net(inputs="{x: {shape: [2], columns: [größe, 長さ]}, y: {shape: [1], role: target}} # привет")
    assert parse_spec(text).inputs[0].columns == ("größe", "長さ")
