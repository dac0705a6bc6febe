"""Whether a message only thanks or takes note, so that nobody has to answer it. Whole messages, never parts. Pure."""

from __future__ import annotations

import re
import unicodedata

from kernel import folding

LONGEST = 80  # characters; who thanks at length may also say something

# Folded: without accents and case. A message counts if it consists of these and of emoji, signs and fillers alone.
_COURTESY = (
    # English
    *("thanks", "thank you", "thx", "ty", "cheers", "many thanks", "ok", "okay", "great", "perfect", "super", "got it"),
    *("all good", "understood", "noted", "you are welcome", "have a nice day", "good", "fine", "solved", "it works"),
    *("for your help", "for the help", "for helping", "it works again", "thanks again", "thank you again"),
    # Polish
    *("dziekuje", "dzieki", "dziekujemy", "dzieki wielkie", "bardzo dziekuje", "dziala", "swietnie", "rozumiem"),
    *("pieknie dziekuje", "dobrze", "jasne", "milego dnia", "pozdrawiam", "w porzadku", "za pomoc"),
    # Slovak
    *("dakujem", "dakujeme", "dakujem pekne", "vdaka", "diky", "dik", "dobre", "v poriadku", "rozumiem", "funguje"),
    *("pekny den", "skvele", "velmi pekne dakujem", "vybavene"),
    # Hungarian
    *("koszonom", "koszonjuk", "koszi", "koszonom szepen", "nagyon koszonom", "rendben", "szuper", "ertem", "jo"),
    *("koszonet", "a segitseget", "mukodik", "szep napot", "minden jot", "udv"),
    # Russian
    *("спасибо", "большое спасибо", "спасибо большое", "благодарю", "спс", "хорошо", "понял", "поняла", "понятно"),
    *("ок", "за помощь", "отлично", "работает", "хорошего дня", "все работает", "супер", "ясно"),
)
_FILLERS = frozenset((
    *("a", "and", "very", "so", "much", "for", "you", "all", "i", "we", "bardzo", "wam", "panu", "pani", "panstwu"),
    *("wielkie", "pekne", "velmi", "vam", "szepen", "nagyon", "is", "очень", "вам", "вас", "и", "большое", "огромное"),
))  # fmt: skip
_BY_LENGTH = sorted({folding.fold(phrase) for phrase in _COURTESY}, key=len, reverse=True)
_ANY = re.compile(r"\b(?:" + "|".join(map(re.escape, _BY_LENGTH)) + r")\b")
# Signs that please. Any other says something: a thumb down, an angry face, SOS, a red question mark.
_KIND = frozenset(
    "👍👌🙏🤝👏🙌💪👋🫶🤗🤞✌❤♥💙💚💛🧡💜🖤🤍🤎💖💕💗💓💞💝💘😊🙂😀😃😄😁😆😉😍🥰😘😎😇🥳🤩☺🎉🎊✅✔☑✓🆗💯⭐🌟✨🌹🌷🌸💐🌺🌻🍀☀🎁"
)
_PASSING = frozenset({"So", "Sk", "Mn", "Cf", "Po", "Pd", "Ps", "Pe", "Sm", "Zs", "Cc"})


def is_courtesy(text: str) -> bool:
    """Thanks, an "ok", a thumb: a message without a matter. A question mark or a number makes any message a matter."""
    words = text.strip()
    if not words or len(words) > LONGEST or any(mark in unicodedata.normalize("NFKC", words) for mark in "?؟"):
        return False
    if any(unicodedata.category(char) == "So" and char not in _KIND for char in words):
        return False
    if not any(unicodedata.category(char)[0] in "LN" for char in words):
        return _is_sign(words)
    folded = " ".join(re.findall(r"[^\W_]+", folding.fold(words)))
    rest, found = _ANY.subn(" ", folded)
    return found > 0 and all(word in _FILLERS for word in rest.split())


def _is_sign(words: str) -> bool:
    """Emoji, hearts, dots: something to see, and nothing to read."""
    return any(unicodedata.category(char) in ("So", "Sk") for char in words) and all(
        unicodedata.category(char) in _PASSING for char in words
    )
