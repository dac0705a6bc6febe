"""HTML to lines of text, with marks where clients wrap what they quote. Bounded: odd trees are only read out."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from inscriptis import Inscriptis
from lxml import etree
from lxml.html import HTMLParser, document_fromstring

from channels.email import marks, phrases

LIMIT = 256 * 1024  # characters of HTML that are read
TAGS = 3000  # more, or more tables, and the layout is not worked out: it costs more than it is worth
TABLES = 150
_HISTORY_IDS = (
    "divrplyfwdmsg",
    "appendonsend",
    "olk_src_body_section",
    "mail-editor-reference-message-container",
    "zwchr",
)
_HISTORY_CLASSES = frozenset(
    {"zmail_extra", "ms-outlook-mobile-reference-message", "outlookmessageheader", "replyheader"}
)
_QUOTE_CLASSES = frozenset({"protonmail_quote", "yahoo_quoted", "tutanota_quote", "mail_quote", "nh_extra"})
_ATTRIBUTIONS = frozenset({"gmail_attr", "moz-cite-prefix", "reply-intro", "protonmail_attribution", "qt_attribution"})
_UNREAD = ("script", "style", "head", "title", "template", "noscript", "object", "svg")
_BLOCKS = frozenset(
    """
    address article blockquote body dd div dl dt fieldset footer form h1 h2 h3 h4 h5 h6 header hr li main ol p pre
    section table td th tr ul
    """.split()  # noqa: SIM905 - a list of forty strings reads worse
)
_UNSEEN = dict.fromkeys([*range(9), *range(0x0B, 0x20), 0x7F, *range(0xD800, 0xE000)])
_HISTORY, _QUOTE = "history", "quote"


def to_lines(html: str) -> list[str]:
    """The text of a page as lines; see `marks` for how quoted ones look."""
    tree = _tree(marks.without(html[:LIMIT]))
    if tree is None:
        return []
    _mark(tree)
    laid_out = _laid_out(tree, html).translate(_UNSEEN)
    return marks.condensed(marks.as_lines(laid_out))


def _tree(html: str) -> Any:
    """The document; None where there is nothing in it."""
    content = html.replace("\0", "").encode("utf-8", "replace")
    if not content.strip():
        return None
    try:
        return document_fromstring(
            content, parser=HTMLParser(encoding="utf-8", no_network=True, remove_comments=True, huge_tree=True)
        )
    except (etree.LxmlError, ValueError, AssertionError):
        return None


def _laid_out(tree: Any, html: str) -> str:
    if html.count("<", 0, LIMIT) > TAGS or html.lower().count("<table", 0, LIMIT) > TABLES:
        return read_out(tree)
    try:
        return str(Inscriptis(tree).get_text())
    except (RecursionError, ValueError, TypeError, IndexError, KeyError, AttributeError):
        return read_out(tree)


def read_out(tree: Any) -> str:
    """The words of a tree, a line for each block: no layout, no recursion."""
    pieces: list[str] = []
    skipped = 0
    for event, element in etree.iterwalk(tree, events=("start", "end")):
        is_unread = element.tag in _UNREAD
        is_block = element.tag in _BLOCKS or element.tag == "br"
        if event == "start":
            skipped += is_unread
            pieces.append("\n" if is_block else "")
            pieces.append(_run_together(element.text) if not skipped else "")
        else:
            skipped -= is_unread
            pieces.append("\n" if is_block and element.tag != "br" else "")
            pieces.append(_run_together(element.tail) if not skipped else "")
    return "".join(pieces)


def _run_together(text: str | None) -> str:
    return re.sub(r"[ \t\r\n\f]+", " ", text) if text else ""


def _mark(tree: Any) -> None:
    for element, meaning in list(_found(tree)):
        if meaning == _HISTORY:
            if element.getparent() is not None:
                element.addprevious(_sign(marks.HISTORY))
            continue
        opening = _sign(marks.OPEN)
        opening.tail, element.text = element.text, None
        element.insert(0, opening)
        element.append(_sign(marks.CLOSE))


def _found(tree: Any) -> Iterator[tuple[Any, str]]:
    for element in tree.iter("blockquote", "div", "span", "p", "hr", "table", "section"):
        meaning = _meaning(element)
        if meaning:
            yield element, meaning


def _meaning(element: Any) -> str:
    """What an element says about what it holds, by the names that mail clients give."""
    kinds = frozenset(str(element.get("class", "")).lower()[:500].split())
    name = str(element.get("id", "")).lower()[:500]
    if element.tag == "blockquote":
        return "" if _is_indented(element, kinds) else _QUOTE
    if name.endswith(_HISTORY_IDS) or kinds & _HISTORY_CLASSES:
        return _HISTORY
    if element.get("data-marker") in ("__DIVIDER__", "__QUOTED_TEXT__") or element.get("name") == "quote":
        return _HISTORY
    if element.tag in ("hr", "table"):
        return ""
    if kinds & _QUOTE_CLASSES or "yahoo_quoted" in name:
        return _QUOTE
    if kinds & _ATTRIBUTIONS and not phrases.says_forwarded(_beginning(element)):
        return _QUOTE
    return ""


def _is_indented(element: Any, kinds: frozenset[str]) -> bool:
    """A paragraph moved in by its writer, no quote."""
    if element.get("type") == "cite" or element.get("cite") or any("quote" in one or "cite" in one for one in kinds):
        return False
    style = str(element.get("style", ""))[:500].replace(" ", "").lower()
    return "border:none" in style or ("margin" in style and "border-left" not in style)


def _beginning(element: Any) -> str:
    return "".join(text for _, text in zip(range(6), element.itertext(), strict=False))[:300]


def _sign(text: str) -> Any:
    sign = etree.Element("div")
    sign.text = text
    return sign
