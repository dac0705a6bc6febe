"""What a tag may be, whoever gives it: a colleague, a rule or a sentence that becomes one. Pure."""

from __future__ import annotations

from collections.abc import Iterable

from kernel import folding
from kernel.phrases import Phrase

LIMIT, MOST = 60, 20  # characters of a tag; tags that colleagues give a ticket
EXPECTED = Phrase(
    "a tag of at most {limit} characters with a letter or a digit and without commas, for example vip", limit=LIMIT
)


def is_fit(tag: str) -> bool:
    """Commas part tags where a person writes several."""
    return len(tag) <= LIMIT and "," not in tag and any(map(str.isalnum, tag))


def once(tags: Iterable[str]) -> dict[str, str]:
    """Each tag once, as it was written first, by the folded word that it is known by."""
    found: dict[str, str] = {}
    for tag in tags:
        if tag.strip():
            found.setdefault(folding.fold(tag), " ".join(tag.split()))
    return found
