"""The HTML beside the plain text: the same words, escaped, with links to click, loading nothing. Pure."""

from __future__ import annotations

import html
import re

_LINK = re.compile(r"https?://[^\s<>\"'\x00-\x20]{3,2000}")
_CLOSING = ".,;:!?)]}»”’"  # ends a sentence, not a link
_PAGE = (
    '<!DOCTYPE html>\n<html><head><meta charset="utf-8"></head>'
    '<body style="font-family: sans-serif; white-space: normal">\n{body}\n</body></html>\n'
)


def page(text: str) -> str:
    """`text` as a page: a paragraph where a line is empty, a break where a line ends."""
    paragraphs = re.split(r"\n(?:[ \t]*\n)+", text.strip("\n"))
    return _PAGE.format(body="\n".join(f"<p>{_lines(one)}</p>" for one in paragraphs))


def _lines(paragraph: str) -> str:
    return "<br>\n".join(_linked(line) for line in paragraph.split("\n"))


def _linked(line: str) -> str:
    parts, done = [], 0
    for found in _LINK.finditer(line):
        link = found[0].rstrip(_CLOSING)
        shown = html.escape(link)
        parts.append(html.escape(line[done : found.start()]))
        parts.append(f'<a href="{shown}">{shown}</a>')
        done = found.start() + len(link)
    return "".join([*parts, html.escape(line[done:])])
