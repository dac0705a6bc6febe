"""One mail as the simulated server has it: its envelope and its content, ready to be looked at."""

from __future__ import annotations

from email.message import EmailMessage

from msgspec import Struct


class Letter(Struct, frozen=True):
    """`sender` and `recipients` are the envelope's."""

    sender: str
    recipients: tuple[str, ...]
    mail: EmailMessage
    content: bytes

    def header(self, name: str) -> str:
        return str(self.mail[name] or "")

    @property
    def message_id(self) -> str:
        return self.header("Message-ID").strip()

    @property
    def subject(self) -> str:
        return self.header("Subject")

    @property
    def text(self) -> str:
        return self._part("plain").rstrip("\n")

    @property
    def html(self) -> str:
        return self._part("html")

    @property
    def files(self) -> list[tuple[str, str, bytes]]:
        """Name, type and bytes of each file, as a mail program would save it."""
        return [
            (part.get_filename() or "", part.get_content_type(), bytes(part.get_payload(decode=True) or b""))
            for part in self.mail.iter_attachments()
        ]

    @property
    def answer_to(self) -> str:
        """Where a mail program sends an answer."""
        for name in ("Reply-To", "From"):
            if self.mail[name] is not None:
                return str(self.mail[name].addresses[0].addr_spec)
        return ""

    def _part(self, kind: str) -> str:
        part = self.mail.get_body((kind,))
        return str(part.get_content()).replace("\r\n", "\n") if isinstance(part, EmailMessage) else ""
