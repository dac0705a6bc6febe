"""`centrala inspect mail`: promised names, one object a mail, errors as lines."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from tests.channels.email.letters import mail, multipart, part
from tests.support import commands

ROOT = Path(__file__).parent.parent.parent
NAMES = {
    "message_id",
    "in_reply_to",
    "references",
    "from",
    "to",
    "cc",
    "subject",
    "date",
    "text",
    "reply_text",
    "html_present",
    "attachments",
    "auto_submitted",
    "is_bounce",
    "bounce_recipients",
    "bounce_temporary",
}


def inspected(given: bytes, *options: str) -> list[dict[str, Any]]:
    done = commands.run("inspect", "mail", *options, given=given)
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_a_mail_is_one_object_with_the_promised_names() -> None:
    """M-4."""
    sent = multipart(
        part("Hello\n\n> old"), part(b"%PDF", "application/pdf; name=a.pdf"), To="A <a@b.example>, c@d.example"
    )
    (found,) = inspected(sent)
    assert set(found) == NAMES
    assert found["from"] == {"name": "Eszter", "address": "eszter@ugyfel.example"}
    assert found["to"] == ["a@b.example", "c@d.example"]
    assert (found["message_id"], found["date"]) == ("<one@ugyfel.example>", "2026-03-10T08:55:00Z")
    assert (found["text"], found["reply_text"]) == ("Hello\n\n> old", "Hello")
    assert found["attachments"] == [{"filename": "a.pdf", "content_type": "application/pdf", "size": 4}]


def test_a_mail_tells_what_the_named_server_found_of_its_sender() -> None:
    """S3: only where one is named: anybody can write such a header."""
    sent = mail(Authentication_Results="mx.desk.example; dmarc=fail header.from=ugyfel.example")
    assert [inspected(sent, "--authserv", name)[0]["dmarc"] for name in ("mx.desk.example", "a.b")] == ["fail", "none"]
    assert set(inspected(sent)[0]) == NAMES


def test_a_mail_that_is_turned_away_says_why() -> None:
    assert inspected(b"") == [{"refused": "empty: no header and no text"}]


def test_a_batch_is_a_line_for_each_path_in_order(tmp_path: Path) -> None:
    (tmp_path / "one").write_bytes(mail(Subject="One"))
    (tmp_path / "large").write_bytes(mail(b"x" * 200_000, Subject="Large"))
    paths = [tmp_path / "one", tmp_path / "none", tmp_path / "large", tmp_path]
    found = inspected("\n".join(map(str, paths)).encode(), "--batch")
    assert [one.get("subject") for one in found] == ["One", None, "Large", None]
    assert found[1] == {"path": str(paths[1]), "error": "No such file or directory"}
    assert found[3] == {"path": str(tmp_path), "error": "Is a directory"}
