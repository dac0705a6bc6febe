"""The words and files of a mail: text parts in their charsets, HTML laid out as lines, everything else by its name."""

from __future__ import annotations

from msgspec import Struct, field

from channels.email import charsets, headers, marks, markup, mime

TEXT_LIMIT = 512 * 1024  # encoded bytes of one text part that are read
SHOWN_LIMIT = 1024 * 1024  # characters of a mail's text that are kept
_NAMES = {
    "application/ms-tnef": "winmail.dat",
    "message/rfc822": "message.eml",
    "text/calendar": "calendar.ics",
    "application/pgp-signature": "signature.asc",
    "application/pkcs7-signature": "smime.p7s",
    "application/pdf": "document.pdf",
    "image/jpeg": "image.jpg",
    "image/png": "image.png",
    "image/gif": "image.gif",
}
_WORDS = frozenset({"text/plain", "text/html", "text/enriched", "text/richtext", "text/watch-html"})
_REPORTS = frozenset({"message/delivery-status", "message/disposition-notification", "text/rfc822-headers"})
_CONTROL = dict.fromkeys([*range(9), 0x0B, 0x0E, 0x0F, *range(0x10, 0x20), 0x7F, 0xFEFF, *range(0xD800, 0xE003)])


class Attached(Struct, frozen=True):
    """A file of the mail. `filename` is as the sender gave it, "" for none; `size` is in bytes, decoded.

    `start`, `end`: where it stands in the mail; `encoding`: its transfer encoding. `in_place`: the text shows it where
    it stands, as the picture in a signature.
    """

    filename: str
    content_type: str
    size: int
    start: int = 0
    end: int = 0
    encoding: str = ""
    in_place: bool = False

    @property
    def shown(self) -> str:
        """A name to show where the sender gave none."""
        return self.filename or _NAMES.get(self.content_type, self.content_type)


class Piece(Struct):
    """One stretch of the mail's words: as text, as HTML, or both where the sender offers a choice."""

    plain: list[str] | None = None
    html: str | None = None

    def lines(self) -> list[str]:
        if self.plain is not None and any(line.strip() for line in self.plain):
            return self.plain
        return markup.to_lines(self.html) if self.html is not None else []


class Body(Struct):
    """What stands in a mail, in order."""

    pieces: list[Piece] = field(default_factory=list)
    attachments: list[Attached] = field(default_factory=list)

    @property
    def html_present(self) -> bool:
        return any(piece.html is not None for piece in self.pieces)

    def lines(self) -> list[str]:
        """The words, marked as `marks` says."""
        return [line for piece in self.pieces for line in piece.lines()]

    def html_lines(self) -> list[str]:
        """The words with HTML preferred: it marks what is quoted better than its plain twin."""
        return [
            line
            for piece in self.pieces
            for line in (markup.to_lines(piece.html) if piece.html is not None else piece.lines())
        ]


def read(root: mime.Part) -> Body:
    """All of a mail. Text with a file name is a file, unless the mail has no other words and shows it in place."""
    body = Body()
    _gather(root, body, is_named_too=not root.is_multipart)
    if not body.pieces and root.is_multipart:
        body = Body()
        _gather(root, body, is_named_too=True)
    return body


def _gather(part: mime.Part, body: Body, *, is_named_too: bool) -> None:
    if part.kind == "multipart/alternative" and part.is_multipart:
        _choose(part, body, is_named_too=is_named_too)
    elif part.is_multipart:
        for child in part.children:
            _gather(child, body, is_named_too=is_named_too)
    elif _is_words(part, is_named_too=is_named_too):
        body.pieces.append(_piece(part))
    elif part.kind not in _REPORTS:
        body.attachments.append(_attached(part))


def _choose(part: mime.Part, body: Body, *, is_named_too: bool) -> None:
    """The alternatives' text and HTML as one piece; what else they hold (an invitation) is attached."""
    held = Body()
    for child in part.children:
        _gather(child, held, is_named_too=is_named_too)
    plain = [line for piece in held.pieces if piece.plain is not None for line in piece.plain]
    html = [piece.html for piece in held.pieces if piece.html is not None]
    if held.pieces:
        has_plain = any(piece.plain is not None for piece in held.pieces)
        body.pieces.append(Piece(plain if has_plain else None, "\n".join(html) if html else None))
    body.attachments.extend(held.attachments)


def _is_words(part: mime.Part, *, is_named_too: bool) -> bool:
    if part.disposition == "attachment" or (part.filename and not is_named_too):
        return False
    return part.kind in _WORDS


def _piece(part: mime.Part) -> Piece:
    content = part.content(TEXT_LIMIT)
    if part.kind == "text/html":
        return Piece(html=_html(content, part.charset))
    text = sound(charsets.text_of(content, part.charset))
    if part.parameter("format").lower() == "flowed":
        return Piece(plain=reflowed(text, delsp=part.parameter("delsp").lower() == "yes"))
    return Piece(plain=[line.rstrip() for line in text.split("\n")])


def _html(content: bytes, charset: str) -> str:
    if not charsets.known(charset):
        charset = _named_inside(content) or charset
    return charsets.text_of(content, charset)


def _named_inside(content: bytes) -> str:
    """The charset that an HTML page names for itself, if the mail does not."""
    beginning = content[:2048].lower()
    at = beginning.find(b"charset=")
    if at < 0:
        return ""
    named = beginning[at + 8 : at + 48].lstrip(b"\"' ").decode("ascii", "replace")
    return named.replace("'", '"').partition('"')[0].partition(">")[0].partition(";")[0].strip(" /")


def _attached(part: mime.Part) -> Attached:
    place = (part.start, max(part.start, part.end), part.encoding[:40])
    in_place = part.disposition != "attachment" and "content-id" in part.message
    return Attached(part.filename, part.kind[:120], len(part.content()), *place, in_place=in_place)


def sound(text: str) -> str:
    """Line ends as one sign, without control characters, halves of characters and the signs that `marks` needs."""
    return text.replace("\r\n", "\n").replace("\r", "\n").replace("\f", "\n").translate(_CONTROL)


def reflowed(text: str, *, delsp: bool) -> list[str]:
    """The lines of format=flowed (RFC 3676): soft line ends joined at the same depth of quoting."""
    lines: list[str] = []
    run: list[str] = []
    run_depth = 0
    for raw in text.split("\n"):
        depth = len(raw) - len(raw.lstrip(">"))
        words = raw[depth:].removeprefix(" ")
        is_signature = words == "-- "
        if run and (depth != run_depth or is_signature):
            lines.append(_quoted_line("".join(run), run_depth))
            run = []
        is_soft = words.endswith(" ") and not is_signature
        run.append(words[:-1] if is_soft and delsp else words)
        run_depth = depth
        if not is_soft:
            lines.append(_quoted_line("".join(run), depth))
            run = []
    if run:
        lines.append(_quoted_line("".join(run), run_depth))
    return lines


def _quoted_line(words: str, depth: int) -> str:
    return f"{'>' * min(depth, 20)} {words}".rstrip() if depth else words.rstrip()


def shown(lines: list[str]) -> str:
    return marks.readable(lines)[:SHOWN_LIMIT]


def subject_of(head: headers.Head) -> str:
    return headers.words(head.first("subject"))
