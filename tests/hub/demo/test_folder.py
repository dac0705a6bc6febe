"""The demo's data folder: held by one, emptied only by its holder."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from hub.demo import folder
from kernel.errors import Conflict


def test_a_folder_is_held_by_one_at_a_time(tmp_path: Path) -> None:
    path = tmp_path / "new" / "data"
    with folder.held(path) as ours:
        with pytest.raises(Conflict, match="it is just starting") as early, folder.held(path):
            pass
        assert early.value.code == folder.IN_USE
        ours.name("http://127.0.0.1:8080/sandbox")
        with pytest.raises(Conflict, match=rf"127.0.0.1:8080/sandbox \(process {os.getpid()}\)"), folder.held(path):
            pass
    with folder.held(path):
        pass


def test_the_next_holder_names_himself(tmp_path: Path) -> None:
    with folder.held(tmp_path) as ours:
        ours.name("http://127.0.0.1:65000/a-long-address")
    with folder.held(tmp_path) as ours:
        ours.name("http://127.0.0.1:1/")
        assert (tmp_path / folder.LOCK).read_text() == f"{os.getpid()} http://127.0.0.1:1/\n"


def test_emptying_keeps_the_mark_and_the_lock(tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "mine").touch()
    data = tmp_path / "data"
    with folder.held(data) as ours:
        (data / "centrala.db").touch()
        (data / "files" / "ab").mkdir(parents=True)
        (data / "files" / "ab" / "cd").touch()
        (data / "link").symlink_to(outside)
        ours.empty()
        assert {one.name for one in data.iterdir()} == {folder.MARK, folder.LOCK}
        with pytest.raises(Conflict), folder.held(data):
            pass
    assert (outside / "mine").exists()


@pytest.mark.parametrize("make", [lambda path: (path / "letter").touch(), lambda path: (path / folder.LOCK).touch()])
def test_a_folder_of_somebody_else_is_left_as_it_is(tmp_path: Path, make: object) -> None:
    make(tmp_path)  # type: ignore[operator]
    before = {one.name for one in tmp_path.iterdir()}
    with pytest.raises(Conflict) as error, folder.held(tmp_path):
        pass
    assert error.value.code == folder.FOREIGN
    assert {one.name for one in tmp_path.iterdir()} == before


def test_a_file_is_not_a_folder(tmp_path: Path) -> None:
    (tmp_path / "data").touch()
    with pytest.raises(Conflict, match="is a file") as error, folder.held(tmp_path / "data"):
        pass
    assert error.value.code == folder.FOREIGN
