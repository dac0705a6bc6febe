"""Large mail is understood in a process of its own; a slow or dying one costs a mail its text and nothing else."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from channels.email import child, content, worker
from channels.email.worker import Worker
from tests.channels.email.bounces import standard
from tests.channels.email.letters import multipart, part, plain

ROOT = Path(__file__).parent.parent.parent.parent
LARGE = plain("Hello\n\n" + "words " * 20_000)


@pytest.fixture
def reader() -> Iterator[Worker]:
    found = Worker(deadline_s=20.0)
    yield found
    found.stop()


def pid(reader: Worker) -> int:
    assert reader._child is not None
    return reader._child._process.pid


def test_small_mail_needs_no_process(reader: Worker) -> None:
    assert reader.understand(plain("Hello")).text == "Hello"
    assert reader._child is None


def test_large_mail_is_understood_the_same_in_the_process(reader: Worker) -> None:
    """S17."""
    files = multipart(part("See"), part(b"x" * 100_000, "image/png; name=a.png"))
    for raw in (LARGE, files, standard() + b"\r\n" * 40_000):
        assert not worker.is_light(raw)
        assert reader.understand(raw) == content.understand(raw)


@pytest.mark.parametrize(
    "body",
    [b"\n--b\n" * 200, b"\r--b\r" * 200, b"From: a\nSent: b\n" * 600, b"<p>" * 2_000, b"\r" * 1_200],
    ids=["separators", "separators of an old Mac", "lines that begin a quote", "tags", "lines of an old Mac"],
)
def test_a_small_mail_made_to_be_slow_is_not_light(body: bytes) -> None:
    """S17: half a second of the loop for 64 KB."""
    assert not worker.is_light(plain("").replace(b"\r", b"") + body)


def test_an_ordinary_mail_is_light() -> None:
    assert worker.is_light(plain("a\n-- \nb"))
    assert worker.is_light(plain("Hello\n" * 300))


def test_a_process_that_takes_too_long_is_replaced_by_the_spare(reader: Worker) -> None:
    """S17: 2 s, then kill and go on."""
    reader.warm()
    reader.understand(LARGE)
    stuck = pid(reader)
    os.kill(stuck, signal.SIGSTOP)
    reader._deadline_s = 0.2
    assert reader.understand(LARGE).unreadable == "not understood within 0.2 s"
    reader._deadline_s = 20.0
    assert pid(reader) != stuck
    assert reader.understand(LARGE).reply.startswith("Hello")


def test_a_process_that_dies_costs_at_most_one_mail(reader: Worker) -> None:
    """S17."""
    reader.understand(LARGE)
    assert reader._child is not None
    os.kill(pid(reader), signal.SIGKILL)
    reader._child._process.wait()
    assert reader.understand(LARGE).reply.startswith("Hello")


def test_several_threads_share_it(reader: Worker) -> None:
    found: list[str] = []
    mails = [plain(f"Mail {at}\n\n" + "words " * 20_000) for at in range(4)]
    threads = [threading.Thread(target=lambda one=one: found.append(reader.understand(one).text[:6])) for one in mails]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(found) == ["Mail 0", "Mail 1", "Mail 2", "Mail 3"]


def test_an_answer_is_packed_and_unpacked_unchanged() -> None:
    for raw in (plain("x"), standard(), multipart(part("a"), part(b"b", "image/png; name=c.png"))):
        assert child.unpacked(child.packed(content.understand(raw))) == content.understand(raw)


def test_the_process_is_bounded_and_light() -> None:
    """S17: it has a limit of memory, and nothing of the hub is in it."""
    code = worker._START.partition("child.serve")[0] + (
        "import resource, io\n"
        "child.sys = types.SimpleNamespace(stdin=types.SimpleNamespace(buffer=io.BytesIO()),"
        " stdout=types.SimpleNamespace(buffer=io.BytesIO()))\n"
        "child.serve(int(sys.argv[2]))\n"
        "print(resource.getrlimit(resource.RLIMIT_AS)[0],"
        " [name for name in ('aiohttp', 'tortoise', 'babel', 'kernel.unit') if name in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-I", "-c", code, str(ROOT), str(child.MEMORY)],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.stdout.strip() == f"{child.MEMORY} []", done.stderr


def test_a_mail_that_needs_too_much_memory_is_unreadable_and_the_next_is_read() -> None:
    """S17."""
    narrow = Worker(deadline_s=20.0, memory=160 * 1024 * 1024)
    try:
        assert narrow.understand(plain("x" * 150 * 1024 * 1024)).unreadable
        assert narrow.understand(LARGE).reply.startswith("Hello")
    finally:
        narrow.stop()
