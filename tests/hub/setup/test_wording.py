"""What probes find is said in the reader's language, word for word as the probes say it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from hub.setup import steps, wording
from kernel import texts

ROOT = Path(__file__).parents[3]
SAYING = ("*/probe.py", "email/oauth/access.py", "email/oauth/standing.py")  # the probe of e-mail quotes these
PROBES = "".join(path.read_text("utf-8") for some in SAYING for path in (ROOT / "channels").glob(some))
JOINED = re.sub(r"""["']\s*\n\s*f?["']""", "", PROBES).replace("\\'", "'")


@pytest.mark.parametrize("text", [*wording.SAID, *wording.TODO, *wording.NAMES])
def test_every_text_here_is_one_that_a_probe_says(text: str) -> None:
    """A probe that says it otherwise would be left in English without anybody noticing."""
    parts = [part.strip(' :;,."') for part in re.split(r"\{\w+\}", text)]
    longest = max(parts, key=len)
    assert all(piece.strip() in JOINED for piece in re.split(r"; | \(", longest) if piece), longest


@pytest.mark.parametrize("language", [one for one in texts.LANGUAGES if one != "en"])
@pytest.mark.parametrize(
    "found",
    [
        "no answer (ClientConnectorError)",
        "INBOX: 12 mails, next is 13",
        "the number is ours; its messages go to nowhere",
        "signed in, 2 token(s) good for callbacks",
    ],
)
def test_what_was_found_is_said_in_the_readers_language(found: str, language: str) -> None:
    said, is_spoken = wording.said(language, found)
    assert is_spoken and said != found
    assert re.findall(r"\d+|nowhere|INBOX|\w+Error", said) == re.findall(r"\d+|nowhere|INBOX|\w+Error", found)


def test_the_words_of_a_provider_stay_and_are_marked_as_english() -> None:
    assert wording.said("pl", "535 5.7.8 Authentication failed") == ("535 5.7.8 Authentication failed", False)
    assert wording.said("en", "535 5.7.8 Authentication failed") == ("535 5.7.8 Authentication failed", True)
    assert wording.todo("hu", "") == ("", False)
    assert wording.name("pl", "@orlik_bot") == "@orlik_bot"


def test_the_zones_of_our_countries_come_first_and_each_is_one() -> None:
    zones = steps.zones()
    assert zones[:3] == ("Europe/Warsaw", "Europe/Bratislava", "Europe/Budapest")
    assert len(zones) == len(set(zones)) > 300
    assert zones[-1] == "UTC"
