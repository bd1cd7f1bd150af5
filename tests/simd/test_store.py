"""Machine code on disk: what was written comes back, and nothing that was changed or planted does."""

from __future__ import annotations

import os
import threading
from pathlib import Path

import pytest

from symprop.simd.machine import Native
from symprop.simd.store import cache_folder, keep, kept, private

CODE = Native("double", ("exp", "pow"), (b"\x7fELF first\n", b"", b"third \0"))
KEY = "what it was made of"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    keep(str(tmp_path), KEY, CODE)
    assert kept(str(tmp_path), KEY) == CODE
    return tmp_path


def only(folder: Path) -> Path:
    return next(folder.iterdir())


def test_another_key_has_nothing(folder: Path) -> None:
    assert kept(str(folder), KEY + " ") is None
    assert kept(str(folder / "none"), KEY) is None


def test_a_file_under_the_name_of_another_key_is_not_believed(folder: Path) -> None:
    content = only(folder).read_bytes()
    keep(str(folder), "other", CODE)
    other = next(p for p in folder.iterdir() if p.read_bytes() != content)
    other.write_bytes(content)
    assert kept(str(folder), "other") is None


def test_a_damaged_file_is_none(folder: Path) -> None:
    place = only(folder)
    whole = place.read_bytes()
    for k in range(len(whole)):
        place.write_bytes(whole[:k] + bytes([whole[k] ^ 1]) + whole[k + 1 :])
        assert kept(str(folder), KEY) is None, k
        place.write_bytes(whole[:k])
        assert kept(str(folder), KEY) is None, k
    place.write_bytes(whole + b"x")
    assert kept(str(folder), KEY) is None
    keep(str(folder), KEY, CODE)
    assert kept(str(folder), KEY) == CODE
    assert [p.name for p in folder.iterdir()] == [place.name]


@pytest.mark.skipif(not hasattr(os, "getuid"), reason="owners and modes of POSIX")
class TestFilesOfOthers:
    def test_files_are_written_for_the_user_alone(self, folder: Path) -> None:
        assert only(folder).stat().st_mode & 0o777 == 0o600

    @pytest.mark.parametrize("mode", [0o620, 0o602, 0o666])
    def test_what_others_can_write_is_not_read(self, folder: Path, mode: int) -> None:
        only(folder).chmod(mode)
        assert kept(str(folder), KEY) is None

    def test_a_link_is_not_followed(self, folder: Path) -> None:
        place, away = only(folder), folder / "away"
        place.rename(away)
        place.symlink_to(away)
        assert kept(str(folder), KEY) is None

    def test_what_is_no_file_is_not_read(self, folder: Path) -> None:
        place = only(folder)
        place.unlink()
        place.mkdir()
        assert kept(str(folder), KEY) is None

    def test_a_file_of_another_user_is_not_read(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        other = os.getuid() + 1
        monkeypatch.setattr(os, "getuid", lambda: other)
        assert kept(str(folder), KEY) is None

    def test_a_folder_of_another_user_is_none(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("SYMPROP_CACHE_DIR", str(tmp_path))
        assert cache_folder(__file__, __name__, {})
        other = os.getuid() + 1
        monkeypatch.setattr(os, "getuid", lambda: other)
        assert not private(tmp_path)
        assert cache_folder(__file__, __name__, {}) == ""

    def test_an_open_folder_is_closed(self, tmp_path: Path) -> None:
        tmp_path.chmod(0o777)
        assert private(tmp_path)
        assert tmp_path.stat().st_mode & 0o777 == 0o700


def test_where_nothing_can_be_written_nothing_happens(tmp_path: Path) -> None:
    keep(str(tmp_path / "none"), KEY, CODE)
    assert list(tmp_path.iterdir()) == []


def test_several_writers_leave_one_whole_file(tmp_path: Path) -> None:
    found: list[Native | None] = []

    def work() -> None:
        for _ in range(50):
            keep(str(tmp_path), KEY, CODE)
            found.append(kept(str(tmp_path), KEY))

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [CODE] * 200
    assert len(list(tmp_path.iterdir())) == 1


def test_a_folder_is_named_by_content_name_and_versions(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SYMPROP_CACHE_DIR", str(tmp_path / "cache"))
    file, name = tmp_path / "m.py", __name__
    file.write_text("x = 1\n")
    first = cache_folder(str(file), name, {"numba": "1"})
    assert first == cache_folder(str(file), name, {"numba": "1"})
    assert first != cache_folder(str(file), name, {"numba": "2"})
    assert cache_folder(str(file), "no.module", {"numba": "1"}) == ""
    file.write_text("x = 2\n")
    assert first != cache_folder(str(file), name, {"numba": "1"})
