"""Undoes transfer encodings: base64, quoted-printable and uuencode, as sent by clients that get them slightly wrong."""

from __future__ import annotations

import binascii

_ALPHABET = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
_NOT_BASE64 = bytes(sorted(set(range(256)) - set(_ALPHABET)))


def decoded(content: bytes, encoding: str) -> bytes:
    """`content` without its transfer encoding. Never fails: what is damaged comes out as far as it goes."""
    kind = encoding.strip().lower()
    if kind == "base64":
        return from_base64(content)
    if kind == "quoted-printable":
        return binascii.a2b_qp(content)
    if kind in ("x-uuencode", "uuencode", "uue", "x-uue"):
        return from_uu(content)
    return content


def from_base64(content: bytes) -> bytes:
    """What stands up to the first padding, with line ends, blanks and strange characters passed over."""
    letters = content.partition(b"=")[0].translate(None, _NOT_BASE64)
    if len(letters) % 4 == 1:
        letters = letters[:-1]  # six bits are no byte
    return binascii.a2b_base64(letters + b"=" * (-len(letters) % 4))


def from_uu(content: bytes) -> bytes:
    """The file between `begin` and `end`; lines that are damaged are passed over."""
    found = bytearray()
    inside = False
    for line in content.splitlines():
        if not inside:
            inside = line.startswith(b"begin ")
            continue
        if line.strip() in (b"end", b"`", b""):
            break
        try:
            found += binascii.a2b_uu(line)
        except binascii.Error:
            continue
    return bytes(found)
