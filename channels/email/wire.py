"""How headers are written out: the standard library's way but for two that it breaks. Pure.

It cuts long ids into encoded words, and loses spaces where a long subject in another script is folded.
"""

from __future__ import annotations

from email.header import Header
from email.policy import SMTP, EmailPolicy
from typing import Any

LINE = 76  # so that no encoded word is longer than the 75 characters of RFC 2047
_IDS = frozenset({"message-id", "in-reply-to", "references", "list-unsubscribe"})


class _Policy(EmailPolicy):
    def header_store_parse(self, name: str, value: Any) -> tuple[str, Any]:
        """A subject is kept as written: read as a header, what looks like an encoded word would be decoded."""
        if name.lower() == "subject":
            return name, str(value)
        return super().header_store_parse(name, value)

    def fold_binary(self, name: str, value: Any) -> bytes:
        if name.lower() in _IDS:
            return f"{name}: ".encode() + b"\r\n ".join(one.encode("ascii") for one in str(value).split()) + b"\r\n"
        if name.lower() == "subject":
            return f"{name}: {_folded(name, str(value))}\r\n".encode("ascii")
        return super().fold_binary(name, value)


def _folded(name: str, text: str) -> str:
    """What looks like an encoded word is one more reason to encode: it would be read as something else."""
    is_plain = text.isascii() and "=?" not in text
    written = Header(text, "us-ascii" if is_plain else "utf-8", maxlinelen=LINE, header_name=name)
    return written.encode(linesep="\r\n")


# 7bit: nothing has to be asked of the servers on the way
ASCII = _Policy(linesep="\r\n", max_line_length=LINE, cte_type="7bit", header_factory=SMTP.header_factory)
UTF8 = ASCII.clone(utf8=True, cte_type="8bit")
