"""Every page that an app has: by its routes, and by the links that lead from one to the next."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from urllib.parse import parse_qsl, urljoin, urlsplit

import aiohttp
from aiohttp import web
from aiohttp.test_utils import make_mocked_request
from lxml import html

STREAMS = ("/events",)  # never end
FILES = ("/static/", "/files/")
OF_A_KIND = 8  # pages of one route that are looked at
SHOWN = ("title", "aria-label", "placeholder", "alt")  # attributes that people read or hear
UNSHOWN = ("script", "style", "noscript", "template")


@dataclass(slots=True)
class Book:
    """The pages of an app as somebody sees them. `found`: address → its route and the names in its query.

    `said`: address → what people read or hear there.
    """

    base: str
    router: web.UrlDispatcher
    session: aiohttp.ClientSession
    found: dict[str, str] = field(default_factory=dict)
    said: dict[str, set[str]] = field(default_factory=dict)

    async def fill(self, *starts: str) -> None:
        """From `starts` and every address without a place in it, along all links."""
        waiting = [*starts, *(path for path in self._routes() if "{" not in path and path not in STREAMS)]
        seen: set[str] = set()
        while waiting:
            address = waiting.pop(0).partition("#")[0]
            if address in seen:
                continue
            seen.add(address)
            kind = await self._kind(address)
            if kind is None or list(self.found.values()).count(kind) >= OF_A_KIND:
                continue
            tree = await self.read(address)
            if tree is not None:
                self.found[address], self.said[address] = kind, set(texts(tree))
                waiting += [urljoin(address, href) for href in tree.xpath("//a/@href") if _is_ours(href)]

    def first(self, of_a_kind: int) -> list[str]:
        """Addresses of at most so many pages of one route and the same names in its query."""
        kinds = list(self.found.values())
        return [one for place, one in enumerate(self.found) if kinds[:place].count(kinds[place]) < of_a_kind]

    def unvisited(self) -> list[str]:
        """Routes of pages that nothing has led to; what names a file is no page."""
        visited = {kind.partition("?")[0] for kind in self.found.values()}
        open_ = [path for path in self._routes() if "{" in path and path not in visited]
        return sorted(path for path in open_ if "." not in path.split("/")[-1] and not path.startswith(FILES))

    async def read(self, address: str) -> html.HtmlElement | None:
        """The page; None for what is none (a picture, a file, a way on to another page that is in the book itself)."""
        async with self.session.get(f"{self.base}{address}", allow_redirects=False) as answer:
            if answer.status != 200 or answer.content_type != "text/html":
                assert answer.status < 500, address
                return None
            return html.fromstring(await answer.text())

    async def _kind(self, address: str) -> str | None:
        parts = urlsplit(address)
        match = await self.router.resolve(make_mocked_request("GET", parts.path))
        if match.http_exception is not None or match.route.resource is None:
            return None
        names = sorted({name for name, _ in parse_qsl(parts.query)})
        return f"{match.route.resource.canonical}?{'&'.join(names)}"

    def _routes(self) -> Iterator[str]:
        for route in self.router.routes():
            if route.method == "GET" and route.resource is not None:
                yield route.resource.canonical


def texts(tree: html.HtmlElement) -> list[str]:
    """What people read or hear of a page; not what is marked as English whatever the page's language."""
    return [found for found in (" ".join(text.split()) for text in _texts(tree)) if found]


def _texts(tree: html.HtmlElement) -> Iterable[str]:
    for element in tree.iter():
        if not isinstance(element.tag, str) or element.tag in UNSHOWN:
            continue
        parent = element.getparent()
        if not _is_foreign(element):
            yield from (element.get(name, "") for name in SHOWN)
            yield element.text or ""
        if parent is not None and not _is_foreign(parent):
            yield element.tail or ""


def _is_foreign(element: html.HtmlElement) -> bool:
    """In it or around it stands `lang`, which the page itself has too."""
    return any(one.get("lang") for one in (element, *element.iterancestors()) if one.tag != "html")


def _is_ours(href: str) -> bool:
    return not urlsplit(href).netloc and not href.startswith(("#", "mailto:"))
