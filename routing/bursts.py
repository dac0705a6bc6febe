"""Which new tickets seem to have one cause: one station, one region, or like words from many people. Pure.

A sign says what they share, in a form that is kept and that a later ticket is held against: `station:0412`,
`region:Pomorze`, `words:card declined terminal`.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence

from msgspec import Struct

from kernel import folding

MOST = 300  # tickets looked at together
LEADERS = 30  # heaps that a ticket is held against: MOST times LEADERS comparisons at most
READ = 600  # characters of a message that are looked at
WORDS = 60  # words of it
AT_STATION, IN_REGION, ALIKE = 4, 6, 5  # people who have to say so
LIKE = 0.4  # shared part of all words of two messages (Jaccard)
HELD = 0.6  # part of a sign's words that a later message has to say
CORE = 6  # words of a sign
SIGN_LIMIT = 120
_WORD = re.compile(r"\w{3,}")
# Greetings and fillers in our languages, folded: people who are polite in like words have no common cause.
_FILLERS = """
the and for you your with that this have has not can please hello dear thanks thank help need good day morning
czesc dzien dobry prosze prosba dziekuje pomoc jest nie mam jak czy dla sie mnie moja moj pan pani witam
dobry den dobre rano prosim dakujem som ako pre ahoj napot reggelt kerem koszonom segitseg nem van hogy egy kell
udvozlom szia tisztelt здравствуите добрыи день утро пожалуиста спасибо помогите помощь нет это как что меня мне моя
мои нужна
"""
_EMPTY = frozenset(_FILLERS.split())


class Letter(Struct, frozen=True):
    """What a new ticket says. `stations`: codes of ours that it names; `regions`: theirs."""

    ticket_id: int
    contact_id: int
    words: frozenset[str]
    stations: frozenset[str] = frozenset()
    regions: frozenset[str] = frozenset()


class Burst(Struct, frozen=True):
    """Tickets that seem to have one cause. `why`: in words, for those who decide."""

    sign: str
    why: str
    ticket_ids: tuple[int, ...]


def letter(ticket_id: int, contact_id: int, text: str, regions: Mapping[str, str]) -> Letter:
    """`regions`: of every station we know, by its code in capitals."""
    folded = folding.fold(text[:READ])
    said = list(dict.fromkeys(_WORD.findall(folded)))[:WORDS]
    codes = frozenset(code for word in said if (code := word.upper()) in regions)
    words = frozenset(word for word in said if word not in _EMPTY and not word.isdigit())
    return Letter(ticket_id, contact_id, words, codes, frozenset(regions[code] for code in codes if regions[code]))


def find(letters: Sequence[Letter]) -> list[Burst]:
    """The bursts among the first MOST letters: stations first, then regions, then words; no ticket is in two."""
    left = list(letters[:MOST])
    found: list[Burst] = []
    for kind, least, several in (("station", AT_STATION, 1), ("region", IN_REGION, 2)):
        for name in sorted({name for one in left for name in _places(one, kind)}):
            own = [one for one in left if name in _places(one, kind)]
            if people(own) >= least and len({code for one in own for code in one.stations}) >= several:
                found.append(_burst(f"{kind}:{name}", f"{kind} {name} in all of them", own))
                left = [one for one in left if one not in own]
    for heap in _heaps(left):
        core = _core(heap)
        if people(heap) >= ALIKE and len(core) >= 2:
            found.append(_burst(f"words:{' '.join(core)}", f"like words: {', '.join(core)}", heap))
    return found


def fits(sign: str, one: Letter) -> bool:
    """Whether a later ticket shows the sign."""
    kind, _, name = sign.partition(":")
    if kind in ("station", "region"):
        return name in _places(one, kind)
    core = frozenset(name.split())
    shared = len(core & one.words)
    return kind == "words" and shared >= 2 and shared >= HELD * len(core)


def likeness(one: frozenset[str], other: frozenset[str]) -> float:
    """The shared part of all their words: 0 nothing, 1 the same."""
    shared = len(one & other)
    whole = len(one) + len(other) - shared
    return shared / whole if whole else 0.0


def people(letters: Sequence[Letter]) -> int:
    return len({one.contact_id for one in letters})


def _places(one: Letter, kind: str) -> frozenset[str]:
    return one.stations if kind == "station" else one.regions


def _heaps(letters: Sequence[Letter]) -> list[list[Letter]]:
    """Each letter lies on the heap whose first is most like it; the largest heap first."""
    heaps: list[list[Letter]] = []
    for one in letters:
        if not one.words:
            continue
        scored = [(likeness(heap[0].words, one.words), -place) for place, heap in enumerate(heaps)]
        best, place = max(scored, default=(0.0, 0))
        if best >= LIKE:
            heaps[-place].append(one)
        elif len(heaps) < LEADERS:
            heaps.append([one])
    return sorted(heaps, key=people, reverse=True)


def _core(heap: Sequence[Letter]) -> list[str]:
    """The words that at least half of them say, the commonest first."""
    counted = Counter(word for one in heap for word in one.words)
    common = [word for word, count in counted.items() if 2 * count >= len(heap)]
    return sorted(common, key=lambda word: (-counted[word], word))[:CORE]


def _burst(sign: str, why: str, letters: Sequence[Letter]) -> Burst:
    return Burst(sign[:SIGN_LIMIT], why, tuple(one.ticket_id for one in letters))
