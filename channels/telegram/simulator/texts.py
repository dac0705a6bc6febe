"""Texts as Telegram reads them: lengths in UTF-16 units, HTML markup, entities found and given. Knows no chats."""

from __future__ import annotations

import html
import re
from collections.abc import Mapping, Sequence

from msgspec import Struct
from msgspec.structs import replace

from channels.telegram.simulator.model import Json
from channels.telegram.simulator.refusals import bad

TAGS: Mapping[str, str] = {
    "b": "bold",
    "strong": "bold",
    "i": "italic",
    "em": "italic",
    "u": "underline",
    "ins": "underline",
    "s": "strikethrough",
    "strike": "strikethrough",
    "del": "strikethrough",
    "span": "spoiler",
    "tg-spoiler": "spoiler",
    "tg-emoji": "custom_emoji",
    "a": "text_link",
    "code": "code",
    "pre": "pre",
    "blockquote": "blockquote",
}
GIVEN_TYPES = frozenset(TAGS.values()) | {
    *("mention", "hashtag", "cashtag", "bot_command", "url", "email", "phone_number"),
    *("text_mention", "expandable_blockquote", "date_time"),
}
TAG = re.compile(
    r"<(?P<end>/?)(?P<name>[A-Za-z][A-Za-z0-9-]*)"
    r"(?P<attributes>(?:\s+[A-Za-z-]+(?:\s*=\s*(?:\"[^\"]*\"|'[^']*'|[A-Za-z0-9.-]+))?)*)\s*>"
)
ATTRIBUTE = re.compile(r"([A-Za-z-]+)(?:\s*=\s*(?:\"([^\"]*)\"|'([^']*)'|([A-Za-z0-9.-]+)))?")
WORDS = re.compile(r"[^<&]+")
CHARACTER = re.compile(r"&(?:lt|gt|amp|quot|#[0-9]{1,7}|#[xX][0-9A-Fa-f]{1,6});")
FOUND = (
    ("bot_command", re.compile(r"(?<![\w/])/[A-Za-z0-9_]{1,64}(?:@\w{3,32})?\b")),
    ("url", re.compile(r"\b(?:https?://|www\.)[^\s<>\"]*[^\s<>\".,!?;:)]", re.IGNORECASE)),
    ("email", re.compile(r"\b[\w.+-]+@[\w-]+(?:\.[\w-]+)+\b")),
    ("mention", re.compile(r"(?<![\w@])@[A-Za-z]\w{3,31}\b")),
    ("hashtag", re.compile(r"(?<!\w)#\w*[^\W\d]\w*")),
    ("phone_number", re.compile(r"(?<![\w+])\+\d[\d ()-]{7,18}\d\b")),
)


class Formatted(Struct, frozen=True):
    text: str
    entities: Sequence[Json] = ()


class OpenTag(Struct):
    name: str
    start: int
    attributes: Mapping[str, str]
    language: str = ""


def units(text: str) -> int:
    """The length by which Telegram counts limits and offsets: UTF-16 code units."""
    return len(text.encode("utf-16-le")) // 2


def read(text: str, parse_mode: str, given: Sequence[Json] | None) -> Formatted:
    """What will stand in the chat: markup parsed, ends trimmed, addresses and commands found.

    Raises:
        Refusal: unknown parse mode, broken markup, entities outside the text.
    """
    if parse_mode.lower() == "html":
        formatted = _Html(text).read()
    elif parse_mode:
        # MarkdownV2 exists at Telegram; we write HTML only, so anything else here is a mistake of ours.
        raise bad("unsupported parse_mode")
    else:
        formatted = Formatted(text, _given(text, given or ()))
    return find(trim(formatted))


def plain(text: str) -> Formatted:
    return find(trim(Formatted(text)))


def trim(formatted: Formatted) -> Formatted:
    """Without white space at both ends, which Telegram never keeps."""
    text = formatted.text.strip()
    if text == formatted.text:
        return formatted
    lead = units(formatted.text) - units(formatted.text.lstrip())
    total = units(text)
    entities = []
    for entity in formatted.entities:
        start = max(0, entity["offset"] - lead)
        end = min(total, entity["offset"] + entity["length"] - lead)
        if end > start:
            entities.append({**entity, "offset": start, "length": end - start})
    return Formatted(text, tuple(entities))


def find(formatted: Formatted) -> Formatted:
    """Add what Telegram finds by itself, where nothing else is marked."""
    entities = list(formatted.entities)
    taken = [(e["offset"], e["offset"] + e["length"]) for e in entities if e["type"] in ("code", "pre", "text_link")]
    for kind, pattern in FOUND:
        for match in pattern.finditer(formatted.text):
            start = units(formatted.text[: match.start()])
            end = start + units(match.group())
            if all(end <= other_start or start >= other_end for other_start, other_end in taken):
                taken.append((start, end))
                entities.append({"type": kind, "offset": start, "length": end - start})
    entities.sort(key=lambda entity: (entity["offset"], -entity["length"]))
    return replace(formatted, entities=tuple(entities))


def _given(text: str, given: Sequence[Json]) -> tuple[Json, ...]:
    total = units(text)
    for entity in given:
        kind, offset, length = entity.get("type"), entity.get("offset"), entity.get("length")
        if kind not in GIVEN_TYPES or not isinstance(offset, int) or not isinstance(length, int):
            raise bad("can't parse MessageEntity: unsupported type specified or a field is missing")
        if offset < 0 or length <= 0:
            raise bad(f"receive an entity with incorrect offset {offset} or length {length}")
        if offset + length > total:
            raise bad(
                f"entity beginning at UTF-16 offset {offset} ends after the end of the text at UTF-16 offset {total}"
            )
    return tuple(given)


class _Html:
    """A reader of Telegram's HTML. Stricter than Telegram in one thing: a bare & is refused, not kept,
    because a text that forgets to escape it will one day hold a bare < as well."""

    def __init__(self, source: str) -> None:
        self._source = source
        self._at = 0
        self._out: list[str] = []
        self._length = 0
        self._open: list[OpenTag] = []
        self._entities: list[Json] = []

    def read(self) -> Formatted:
        while self._at < len(self._source):
            if self._source[self._at] == "<":
                self._tag()
            elif self._source[self._at] == "&":
                self._character()
            else:
                self._plain()
        if self._open:
            raise _broken(f'Can\'t find end tag corresponding to start tag "{self._open[-1].name}"')
        self._entities.sort(key=lambda entity: (entity["offset"], -entity["length"]))
        return Formatted("".join(self._out), tuple(self._entities))

    @property
    def _byte_offset(self) -> int:
        return len(self._source[: self._at].encode())

    def _plain(self) -> None:
        match = WORDS.match(self._source, self._at)
        if match:
            self._write(match.group())
            self._at = match.end()

    def _character(self) -> None:
        match = CHARACTER.match(self._source, self._at)
        if match is None:
            raise _broken(f"Unescaped character '&' at byte offset {self._byte_offset}")
        self._write(html.unescape(match.group()))
        self._at = match.end()

    def _tag(self) -> None:
        match = TAG.match(self._source, self._at)
        if match is None:
            raise self._malformed()
        name = match["name"].lower()
        if match["end"]:
            self._end(name)
        else:
            self._start(name, match["attributes"])
        self._at = match.end()

    def _malformed(self) -> Exception:
        rest = self._source[self._at + 1 :]
        if rest.startswith("/"):
            return _broken(f"Unexpected end tag at byte offset {self._byte_offset}")
        name = re.split(r"[\s>]", rest, maxsplit=1)[0]
        if name.lower() not in TAGS:
            return _broken(f'Unsupported start tag "{name}" at byte offset {self._byte_offset}')
        return _broken(f'Unclosed start tag "{name}" at byte offset {self._byte_offset}')

    def _start(self, name: str, written: str) -> None:
        if name not in TAGS:
            raise _broken(f'Unsupported start tag "{name}" at byte offset {self._byte_offset}')
        attributes = {
            found[1].lower(): html.unescape(found[2] or found[3] or found[4] or "")
            for found in ATTRIBUTE.finditer(written)
        }
        if name == "span" and attributes.get("class") != "tg-spoiler":
            raise _broken(f'Tag "span" must have class "tg-spoiler" at byte offset {self._byte_offset}')
        self._open.append(OpenTag(name, self._length, attributes))

    def _end(self, name: str) -> None:
        if not self._open:
            raise _broken(f"Unexpected end tag at byte offset {self._byte_offset}")
        tag = self._open.pop()
        if tag.name != name:
            where = f"at byte offset {self._byte_offset}"
            raise _broken(f'Unmatched end tag {where}, expected "</{tag.name}>", found "</{name}>"')
        if self._length > tag.start and not self._is_language(tag):
            self._entities.extend(self._entity(tag))

    def _is_language(self, tag: OpenTag) -> bool:
        """<pre><code class="language-x"> is one entity with a language, not two."""
        language = tag.attributes.get("class", "").removeprefix("language-")
        if tag.name != "code" or not language or not self._open or self._open[-1].name != "pre":
            return False
        self._open[-1].language = language
        return True

    def _entity(self, tag: OpenTag) -> list[Json]:
        entity: Json = {"type": TAGS[tag.name], "offset": tag.start, "length": self._length - tag.start}
        if tag.name == "a":
            url = tag.attributes.get("href") or self._since(tag.start)
            # Telegram drops a link it cannot follow and keeps its text, without a word.
            return [{**entity, "url": url}] if re.match(r"(?:https?://|tg://|mailto:|tel:)\S+$", url) else []
        if tag.name == "pre" and tag.language:
            return [{**entity, "language": tag.language}]
        if tag.name == "blockquote" and "expandable" in tag.attributes:
            return [{**entity, "type": "expandable_blockquote"}]
        if tag.name == "tg-emoji":
            return [{**entity, "custom_emoji_id": tag.attributes.get("emoji-id", "")}]
        return [entity]

    def _since(self, start: int) -> str:
        return "".join(self._out).encode("utf-16-le")[start * 2 :].decode("utf-16-le")

    def _write(self, text: str) -> None:
        self._out.append(text)
        self._length += units(text)


def _broken(why: str) -> Exception:
    return bad(f"can't parse entities: {why}")
