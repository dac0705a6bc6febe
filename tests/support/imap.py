"""A real IMAP server (pymap) in a process of its own, and a stranger with the standard library's client."""

from __future__ import annotations

import asyncio
import imaplib
import signal
import socket
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType

from tests.support.ports import free_port

USER, PASSWORD = "help desk", 'se"cret'  # a space and a quote: both have to be quoted on the wire
PLAIN = "from pymap.main import main; main()"
PATIENCE_S = 20.0


class ImapServer:
    """One mailbox. Started again on the same port it is a new one: other UIDs, another UIDVALIDITY."""

    def __init__(
        self, *, certificate: Path | None = None, key: Path | None = None, user: str = USER, introspect: str = ""
    ) -> None:
        """`introspect`: the URL where the server asks whether a token is good; then it takes tokens (XOAUTH2) too."""
        self.user = user
        self._introspect = introspect
        self.port = free_port()
        self._tls = ["--cert", str(certificate), "--key", str(key)] if certificate else ["--no-tls"]
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        words = ["--host", "127.0.0.1", "--port", str(self.port), *self._tls]
        backend = ["dict", "--demo-user", self.user, "--demo-password", PASSWORD]
        program = ["-m", "tests.support.imap_by_token", self._introspect] if self._introspect else ["-c", PLAIN]
        command = [sys.executable, "-W", "ignore", *program, *words, *backend]
        quiet = subprocess.DEVNULL
        at = Path(__file__).parents[2]  # "-m" finds the tests from there
        self._process = subprocess.Popen(command, stdout=quiet, stderr=quiet, start_new_session=True, cwd=at)
        deadline = time.monotonic() + PATIENCE_S
        while not self._answers():
            assert time.monotonic() < deadline and self._process.poll() is None, "pymap does not start"
            time.sleep(0.05)

    def stop(self, how: signal.Signals = signal.SIGKILL) -> None:
        if self._process is not None:
            self._process.send_signal(how)
            self._process.wait(10)
            self._process = None

    def _answers(self) -> bool:
        try:
            with socket.create_connection(("127.0.0.1", self.port), 1):
                return True
        except OSError:
            return False

    def __enter__(self) -> ImapServer:
        self.start()
        return self

    def __exit__(self, kind: type | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.stop()


class Stranger:
    """Another mail program on the same mailbox."""

    def __init__(self, server: ImapServer) -> None:
        self._server = server

    async def put(self, *mails: bytes, at: datetime | None = None) -> None:
        """Leave mails in the mailbox, as its server would."""
        await asyncio.to_thread(self._put, mails, at or datetime.now(UTC))

    async def seen(self) -> list[int]:
        """Sequence numbers of the mails that are flagged as seen."""
        return await asyncio.to_thread(self._seen)

    def _put(self, mails: tuple[bytes, ...], at: datetime) -> None:
        """All in one command (RFC 3502, RFC 7888): a thousand take a second instead of a minute."""
        when = imaplib.Time2Internaldate(at).encode()
        literals = b"".join(b" " + when + b" {%d+}\r\n" % len(mail) + mail for mail in mails)
        with (
            socket.create_connection(("127.0.0.1", self._server.port), PATIENCE_S) as plain,
            plain.makefile("rb") as lines,
        ):
            lines.readline()
            login = f'a LOGIN "{self._server.user}" "{PASSWORD}"'.replace('se"cret', 'se\\"cret').encode()
            for command in (login, b"b APPEND INBOX" + literals):
                plain.sendall(command + b"\r\n")
                while not (answer := lines.readline()).startswith(command[:2]):
                    assert answer, "the server hung up"
                assert b" OK" in answer, answer

    def _seen(self) -> list[int]:
        with self._open() as client:
            client.select("INBOX", readonly=True)
            _, [found] = client.search(None, "SEEN")
            return [int(one) for one in found.split()]

    def _open(self) -> imaplib.IMAP4:
        client = imaplib.IMAP4("127.0.0.1", self._server.port)
        client.login(f'"{self._server.user}"', PASSWORD)
        return client
