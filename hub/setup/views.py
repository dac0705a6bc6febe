"""Steps as a page shows them: questions with what is known, and never a secret. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from console.connecting import Found
from console.setup import Field, View
from hub.setup import answers, probing, steps, values, ways, wording
from kernel import texts
from kernel.errors import Problem


def view(
    step: str,
    language: str,
    have: Mapping[str, Any],
    written: Mapping[str, str] | None = None,
    *,
    kept: Iterable[str] = (),
    problems: Mapping[str, Problem] | None = None,
) -> View:
    """The step over what the file has, or over what was written just now. `kept`: secrets typed but not saved yet."""
    known = set(kept)
    return View(
        step=step,
        title=steps.title(step, language),
        intro=steps.intro(step, language),
        number=steps.ORDER.index(step) + 1,
        count=len(steps.ORDER),
        fields=tuple(
            _field(one, language, have, written, one.key in known, problems or {}) for one in steps.FIELDS[step]
        ),
        can_test=step in steps.CHANNELS,
        before=steps.before(step),
        after=steps.after(step),
    )


def found(one: probing.Found, language: str) -> Found:
    """As the reader reads it; what only exists in English, or is a provider's own, says so to his screen reader."""
    (said, is_spoken), (todo, may_do) = wording.said(language, one.said), wording.todo(language, one.todo)
    return Found(wording.name(language, one.name), one.ok, said, todo, is_spoken, may_do)


def _field(
    one: steps.Field,
    language: str,
    have: Mapping[str, Any],
    written: Mapping[str, str] | None,
    is_kept: bool,
    problems: Mapping[str, Problem],
) -> Field:
    stands = values.at(have, one.key)
    shown = "" if one.is_secret else (written or {}).get(one.key, values.shown(stands))
    return Field(
        key=one.key,
        label=steps.label(one.key, language),
        help=steps.help_text(one.key, language),
        example=one.example,
        value=shown or _chosen(one, language, have, written),
        is_secret=one.is_secret,
        is_needed=one.is_needed,
        is_kept=one.is_secret and (is_kept or bool(stands)),
        rare=one.rare,
        choices=tuple((value, steps.choice(one.key, value, language)) for value in one.choices),
        problem=wrong(one.key, language) if one.key in problems else "",
        suggested=one.suggested(),
        ways=one.ways,
    )


def _chosen(one: steps.Field, language: str, have: Mapping[str, Any], written: Mapping[str, str] | None) -> str:
    """What is chosen where nothing was: the language that is read, the way of signing in that follows."""
    if one.key == steps.WAY and (written or values.at(have, ways.ADDRESS)):
        return ways.way(written or {}, have)
    if one.key == steps.QUIET:
        return values.shown(answers.begins_quiet(have))
    return language if one.key == "company.language" else ""


def wrong(key: str, language: str) -> str:
    """What is said beside a field."""
    return texts.say(language, "Expected: {what}.", what=steps.expected(key, language))
