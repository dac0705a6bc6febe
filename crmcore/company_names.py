"""Names of companies: the legal form parted from the name, and the folded rest by which one is found. Pure."""

from __future__ import annotations

import re
from typing import NamedTuple

from kernel import folding

NAME_LIMIT = 200
# Legal forms of the countries we serve, folded and without dots and spaces, as they stand before or after a name.
_FORMS = """
spzoo spolkazoo spolkazograniczonaodpowiedzialnoscia sa spolkaakcyjna psa spj spolkajawna spk spolkakomandytowa ska sc
spolkacywilna sro spolsro as akciovaspolocnost akciovaspolecnost ks vos szco druzstvo jsa kft
korlatoltfelelossegutarsasag bt betetitarsasag zrt nyrt rt kkt ev szovetkezet ооо обществосограниченноиответственностью
ао акционерноеобщество зао оао пао ип gmbh ag kg ohg ug ltd limited plc llc inc srl spa bv nv se
"""
_KNOWN = frozenset(_FORMS.split())
_LONGEST = 6  # words of a form: "spółka z ograniczoną odpowiedzialnością" has four, "s p . z o . o ." six when spaced
_BARE = re.compile(r"[^\w]+|_")


class Name(NamedTuple):
    """`shown` as written, made single-spaced; `form` as written, "" if there is none; `folded` without it."""

    shown: str
    form: str
    folded: str


def parted(written: str) -> Name:
    """A name taken apart: "Orlik Trans Sp. z o.o." → form "Sp. z o.o.", folded "orlik trans"."""
    words = written.split()
    shown = " ".join(words)
    for count in range(min(_LONGEST, len(words) - 1), 0, -1):
        tail, head = words[-count:], words[:count]
        if _is_form(tail):
            return Name(shown, " ".join(tail), key(" ".join(words[:-count])))
        if _is_form(head):
            return Name(shown, " ".join(head), key(" ".join(words[count:])))
    return Name(shown, "", key(shown))


def key(text: str) -> str:
    """What two spellings of one name share: letters and digits, folded, quotes and punctuation gone."""
    return " ".join(_BARE.sub(" ", folding.fold(text)).split())[:NAME_LIMIT]


def _is_form(words: list[str]) -> bool:
    return key(" ".join(words)).replace(" ", "") in _KNOWN
