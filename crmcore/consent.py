"""The words by which people stop our messages, or some of them, want them again, or ask for help. Pure.

STOP, STOPALL, UNSUBSCRIBE, CANCEL, END, QUIT, REVOKE, OPTOUT, START, UNSTOP, YES and HELP, INFO are the words that
providers know (https://www.twilio.com/docs/messaging/tutorials/advanced-opt-out); they know no other language.
"""

from __future__ import annotations

import re
from enum import StrEnum

from msgspec import Struct

from kernel import folding


class Wish(StrEnum):
    STOP = "stop"
    START = "start"
    HELP = "help"


class Word(Struct, frozen=True):
    """What such a message asks for; `language` is the word's own, "" for the words that all use."""

    wish: Wish
    language: str = ""
    topic: str = ""  # of channels.optouts.TOPICS; "" for all of them


# Only words that nobody writes alone for another reason: "yes" and "end" may answer a question of ours, so they are
# not among those that start and stop.
_WORDS = {
    (Wish.STOP, ""): "stop stopall optout opt-out",
    (Wish.STOP, "en"): "unsubscribe revoke quit",
    (Wish.STOP, "pl"): "wypisz rezygnuję wypisuję",
    (Wish.STOP, "sk"): "odhlásiť odhlasit odhlás",
    (Wish.STOP, "hu"): "leiratkozás leiratkozom lemondás",
    (Wish.STOP, "ru"): "стоп отписаться отпишите",
    (Wish.START, ""): "start unstop",
    (Wish.START, "en"): "subscribe",
    (Wish.START, "pl"): "zapisz",
    (Wish.START, "sk"): "prihlásiť prihlás",
    (Wish.START, "hu"): "feliratkozás feliratkozom",
    (Wish.START, "ru"): "старт подписаться",
    (Wish.HELP, ""): "help info",
    (Wish.HELP, "pl"): "pomoc",
    (Wish.HELP, "sk"): "pomoc",
    (Wish.HELP, "hu"): "segítség súgó",
    (Wish.HELP, "ru"): "помощь справка",
}
# What may be named after a word that stops or starts. Not "service": who wants that stopped may end his contract.
_TOPICS = {
    ("notices", ""): "notices",
    ("notices", "en"): "notifications outages",
    ("notices", "pl"): "powiadomienia wyłączenia",
    ("notices", "sk"): "oznámenia výpadky",
    ("notices", "hu"): "értesítések leállások",
    ("notices", "ru"): "уведомления оповещения",
    ("campaigns", ""): "campaigns marketing",
    ("campaigns", "en"): "offers",
    ("campaigns", "pl"): "kampanie oferty",
    ("campaigns", "sk"): "kampane ponuky",
    ("campaigns", "hu"): "kampányok ajánlatok",
    ("campaigns", "ru"): "рассылки предложения",
    ("receipts", ""): "receipts",
    ("receipts", "pl"): "potwierdzenia",
    ("receipts", "sk"): "potvrdenia",
    ("receipts", "hu"): "visszaigazolások",
    ("receipts", "ru"): "подтверждения",
}
_POLITE = "please thanks thank you proszę dziękuję prosím ďakujem vďaka kérem köszönöm köszi пожалуйста спасибо"
_COURTESY = frozenset(folding.fold(_POLITE).split())
_KNOWN = {folding.fold(word): Word(*key) for key, words in reversed(_WORDS.items()) for word in words.split()}
_NAMED = {folding.fold(word): key for key, words in reversed(_TOPICS.items()) for word in words.split()}
_SPLIT = re.compile(r"[^\w-]+")
LONGEST = 60  # a longer message says more than that


def wish(text: str) -> Word | None:
    """What the whole message asks for, courtesy and punctuation aside; None if it says anything else."""
    if len(text) > LONGEST:
        return None
    words = [word for word in _SPLIT.split(folding.fold(text)) if word and word not in _COURTESY]
    if len(words) not in (1, 2):
        return None
    found = _KNOWN.get(words[0])
    if len(words) == 1 or found is None:
        return found
    topic, language = _NAMED.get(words[1], ("", ""))
    return Word(found.wish, found.language or language, topic) if topic and found.wish is not Wish.HELP else None
