"""Starting the demo: its data is safe from a second one, what it refuses it says in a line, the clock is kept."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from hub.demo import folder
from tests.support import demo


@pytest.fixture
def taken() -> Iterator[int]:
    """A port on which something else listens."""
    with socket.create_server(("127.0.0.1", 0)) as other:
        yield other.getsockname()[1]


def kept(data: Path) -> Path:
    """A stopped demo's folder with something to lose in it."""
    data.mkdir()
    (data / folder.MARK).touch()
    precious = data / "centrala.db"
    precious.write_text("a week's work")
    return precious


def test_a_running_demo_is_alone_on_its_data(tmp_path: Path) -> None:
    """A second hub would claim the first one's replies, and --fresh would delete what it stands on."""
    data = tmp_path / "data"
    with demo.running(data) as address:
        before = demo.bubbles(address, "anna")
        for more in ((), ("--fresh",)):
            code, said = demo.refused("--port", "0", "--data", str(data), *more)
            assert code == 1
            assert "a demo runs already on this data" in said and address in said
            assert f"--port 8081 --data {data}-8081" in said
        assert demo.bubbles(address, "anna")[: len(before)] == before
        assert (data / "centrala.db").exists()


def test_fresh_removes_nothing_where_the_port_is_taken(tmp_path: Path, taken: int) -> None:
    precious = kept(tmp_path / "data")
    code, said = demo.refused("--fresh", "--port", str(taken), "--data", str(precious.parent))
    assert code == 1
    assert f"port {taken}: Address already in use" in said and "--data" in said
    assert precious.read_text() == "a week's work"


def test_fresh_starts_over(tmp_path: Path) -> None:
    data = tmp_path / "data"
    with demo.running(data) as address:
        demo.order(address, "clock", minutes=600)
    with demo.running(data, words=("--fresh",)) as address:
        now = datetime.fromisoformat(demo.picture(address)["now"])
        assert abs(now - datetime.now(now.tzinfo)) < timedelta(minutes=5)


def test_data_that_is_not_the_demos_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "letter.txt").write_text("mine")
    code, said = demo.refused("--fresh", "--port", "0", "--data", str(tmp_path))
    assert code == 1
    assert "holds something that is not the demo's" in said and "--data" in said
    assert [one.name for one in tmp_path.iterdir()] == ["letter.txt"]


@pytest.mark.parametrize("port", ["-1", "65536", "99999"])
def test_a_port_that_cannot_be_is_named(tmp_path: Path, port: str) -> None:
    code, said = demo.refused("--port", port, "--data", str(tmp_path / "data"))
    assert code == 2
    assert "Invalid value for '--port'" in said and "Traceback" not in said
    assert not (tmp_path / "data").exists()


@pytest.mark.parametrize("name", ["a-file", "a-file/below"])
def test_data_that_cannot_be_a_folder_is_named(tmp_path: Path, name: str) -> None:
    (tmp_path / "a-file").touch()
    code, said = demo.refused("--port", "0", "--data", str(tmp_path / name))
    assert code == 1
    assert str(tmp_path / "a-file") in said and "Traceback" not in said


def test_settings_of_the_shell_stay_out_of_it(tmp_path: Path) -> None:
    """A live database or token in the environment wins over a file's settings; in the demo it has no business."""
    live = tmp_path / "live.db"
    more = {"CENTRALA_DATABASE__URL": f"sqlite://{live}", "CENTRALA_CHANNELS__TELEGRAM__TOKEN": "1:live"}
    with demo.running(tmp_path / "data", **more) as address:
        assert demo.bubbles(address, "anna")
    assert not live.exists()


def test_what_the_phones_show_is_needed_whole(tmp_path: Path) -> None:
    data = kept(tmp_path / "data").parent
    (data / "phones.json").write_text("{")
    code, said = demo.refused("--port", "0", "--data", str(data))
    assert code == 1
    assert "phones.json is not as the demo wrote it" in said and "--fresh" in said


def test_started_by_make_its_hints_are_for_make(tmp_path: Path, taken: int) -> None:
    words = ("--port", str(taken), "--data", str(tmp_path / "data"))
    assert "Try: make demo ARGS='--port " in demo.refused(*words, DEMO_STARTED_BY="make")[1]
    assert " -m hub demo --port " in demo.refused(*words)[1]


def test_the_pushed_clock_outlives_a_restart_and_old_messages_keep_their_time(tmp_path: Path) -> None:
    data = tmp_path / "data"
    with demo.running(data) as address:
        first = demo.bubbles(address, "anna")[0]
        demo.order(address, "clock", minutes=600)
        pushed = datetime.fromisoformat(demo.picture(address)["now"])
        assert demo.bubbles(address, "anna")[0]["at"] == first["at"]
        demo.order(address, "say", device="desk", person="1001", text="Later")
        late = demo.bubbles(address, "desk")[-1]
        assert datetime.fromisoformat(late["at"]) >= pushed
    with demo.running(data) as address:
        assert datetime.fromisoformat(demo.picture(address)["now"]) >= pushed
        assert demo.bubbles(address, "anna")[0]["at"] == first["at"]
        assert late in demo.bubbles(address, "desk")


def test_what_came_by_text_and_by_mail_is_there_after_a_restart(tmp_path: Path) -> None:
    """M-8: and their people go on writing where they were, in the same tickets."""
    data = tmp_path / "data"
    said = {"ferenc": "Mikor lesz kész?", "irina": "Нужна копия счёта"}
    with demo.running(data) as address:
        for device, text in said.items():
            demo.order(address, "say", device=device, person=person(address, device), text=text)
        answered = {device: demo.bubbles(address, device, 2) for device in said}
    with demo.running(data) as address:
        for device, before in answered.items():
            assert demo.bubbles(address, device)[:2] == before
            demo.order(address, "say", device=device, person=person(address, device), text="…")
        desk = demo.bubbles(address, "desk", 8)
    assert {one["text"].split()[0] for one in desk if one["buttons"]} == {"T1", "T2", "T3"}


def test_a_trouble_is_off_after_a_restart_unless_the_far_side_keeps_it(tmp_path: Path) -> None:
    data = tmp_path / "data"
    with demo.running(data) as address:
        for switch in ("sms-away", "sms-21610", "telegram-403"):
            demo.order(address, "switch", switch=switch, on=True)
        demo.order(address, "switch", switch="telegram-429", on=True)
        assert on(address) == {"sms-away", "sms-21610", "telegram-403"}
    with demo.running(data) as address:
        assert on(address) == {"sms-21610", "telegram-403"}


def person(address: str, device: str) -> str:
    [found] = [one for one in demo.picture(address)["devices"] if one["id"] == device]
    return str(found["people"][0]["id"])


def on(address: str) -> set[str]:
    return {one["id"] for one in demo.picture(address)["switches"] if one["on"]}
