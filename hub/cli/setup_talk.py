"""The conversation of `centrala setup`: asks a step's questions, writes the answers, tries them, tells how it went."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Mapping
from pathlib import Path

import typer

from hub import database
from hub.cli import calling, setup_sign_in
from hub.settings import Settings
from hub.setup import answers, inviting, notes, probing, steps, values, ways, wording, writing
from kernel import texts
from kernel.clock import Clock
from kernel.errors import Conflict, Invalid
from kernel.unit import Store

QUIET = (
    "Quiet mode is on: everything comes in, and nothing leaves to customers. When you are ready, go live: by the "
    "button under Withheld answers in the console, /golive to the bot, or centrala go-live."
)
TRIES = 3  # how often a wrong answer is asked for again


def take(path: Path, given: Mapping[str, str]) -> bool:
    """Write settings as `--set` has them and try the channels they belong to; True if every step works.

    Raises Invalid, with nothing written, where they do not hold together.
    """
    writing.write(path, writing.typed(path, given))
    print(f"saved: {', '.join(sorted(given))} → {path}")
    channels = dict.fromkeys(key.split(".")[1] for key in given if key.startswith("channels."))
    settings = writing.check(path, {})
    outcome = [_try(channel, settings) for channel in channels]  # all of them, whatever the first says
    return all(outcome)


def ask(path: Path) -> bool:
    """All steps, one after the other; True if what was saved works."""
    language = _language(path)
    outcome = [_step(path, step, language) for step in steps.ORDER[1:-1]]
    if _colleague(path, language):
        print(texts.say(language, "That is all. Start the hub: {command}", command=calling.spelled("run")))
        if writing.check(path, {}).quiet:
            print(texts.say(language, QUIET))
    return all(outcome)


def invite(path: Path, name: str) -> None:
    """The administrator's link. Raises Invalid and Conflict as hub.setup.inviting does."""
    settings = writing.check(path, {})
    link = asyncio.run(_welcome(settings, {"staff.name": name}))
    print(f"{name} opens this link once: {link}" if link else f"{name} is added as administrator.")


def _language(path: Path) -> str:
    """The first question; everything after it is said in the language chosen."""
    have = writing.values(path)
    likely = os.environ.get("LANG", "")[:2]
    known = str(values.at(have, "company.language") or (likely if likely in texts.LANGUAGES else "en"))
    offered = ", ".join(f"{code} {name}" for code, name in steps.NAMES.items())
    for _ in range(TRIES):
        chosen = typer.prompt(f"{steps.label('company.language', known)} ({offered})", default=known).strip()
        if chosen in texts.LANGUAGES:
            if chosen != values.at(have, "company.language"):
                writing.write(path, {"company.language": chosen})
            return str(chosen)
        print(_expected("company.language", known))
    return known


def _step(path: Path, step: str, language: str) -> bool:
    """Ask, write, try; again where the person wants to mend something. True if nothing that was saved fails."""
    print(f"\n== {steps.title(step, language)}\n{steps.intro(step, language)}")
    print(texts.say(language, "Enter leaves a question as it is, or skips the step."))
    rare = False
    while True:
        changes = _answered(path, step, language, rare=rare)
        if not changes:
            return True
        writing.write(path, changes)
        settings = writing.check(path, {})
        for note in notes.about(step, changes, public_url=settings.web.public_url, language=language):
            print(f"  {note}")
        if step not in steps.CHANNELS:
            return True
        if step == steps.EMAIL:
            setup_sign_in.offer(settings, language)
        is_good = _try(step, settings, language)
        print(_outcome(is_good, language))
        if is_good or not typer.confirm(texts.say(language, "Answer again?"), default=False):
            return is_good
        rare = True


def _answered(path: Path, step: str, language: str, *, rare: bool) -> dict[str, object]:
    """The keys to write; none where the step is skipped. What is wrong is told and asked for again."""
    have = writing.values(path)
    written: dict[str, str] = {}
    asked = [one for one in steps.FIELDS[step] if rare or not one.rare]
    for _ in range(TRIES):
        for one in (one for one in asked if ways.is_asked(one, written, have)):
            written[one.key] = _question(one, have, written, language)
            if one.is_needed and not written[one.key] and values.at(have, one.key) is None:
                return {}
        if written == {key: values.shown(values.at(have, key)) for key in written} and not rare:
            return {}
        changes = answers.changes(step, written, have)
        try:
            writing.check(path, changes)
        except Invalid as error:
            by_key, rest = answers.asked(step, error.problems)
            for key in by_key:
                print(f"  {steps.label(key, language)}: {_expected(key, language)}")
            for problem in rest:
                print(f"  {problem.field}: {problem.expected}")
            asked = [one for one in steps.FIELDS[step] if one.key in by_key] or asked
            continue
        return changes
    return {}


def _question(one: steps.Field, have: Mapping[str, object], written: Mapping[str, str], language: str) -> str:
    """One answer, "" for none; a secret is not echoed, and one that is set is not shown."""
    stands = values.at(have, one.key)
    example = f" ({one.example})" if one.example and stands is None else ""
    if help_text := steps.help_text(one.key, language):
        print(f"  {help_text}")
    if one.key == steps.QUIET:
        return values.shown(typer.confirm(steps.label(one.key, language), default=answers.begins_quiet(have)))
    known = "" if one.is_secret or stands is None else str(stands)
    if one.key == steps.WAY:
        known = ways.way(written, have)
    choices = f" ({', '.join(one.choices)})" if one.choices else ""
    label = f"{steps.label(one.key, language)}{choices}{example}"
    return str(typer.prompt(label, default=known, show_default=bool(known), hide_input=one.is_secret, type=str)).strip()


def _colleague(path: Path, language: str) -> bool:
    """The first colleague; False if he could not be added."""
    settings = writing.check(path, {})
    print(f"\n== {steps.title(steps.COLLEAGUE, language)}\n{steps.intro(steps.COLLEAGUE, language)}")
    has_link = steps.TELEGRAM in settings.channels
    fields = [one for one in steps.FIELDS[steps.COLLEAGUE] if one.is_needed or not has_link]
    for _ in range(TRIES):
        written: dict[str, str] = {}
        for one in fields:
            written[one.key] = _question(one, {}, written, language)
            if one.is_needed and not written[one.key]:
                return True
        try:
            link = asyncio.run(_welcome(settings, written))
        except Invalid as error:
            for problem in error.problems:
                print(f"  {steps.label(problem.field, language)}: {_expected(problem.field, language)}")
            continue
        except Conflict as error:
            print(f"  {error}")
            continue
        name = written["staff.name"]
        said = texts.say(language, "{name} opens this link once: {link}", name=name, link=link) if link else ""
        print(said or texts.say(language, "Already with us: {names}.", names=name))
        return True
    return False


async def _welcome(settings: Settings, written: Mapping[str, str]) -> str:
    """Over the store of the settings, made if it is new. Raises as hub.setup.inviting.welcome."""
    bot = ""
    if steps.TELEGRAM in settings.channels:
        bot = probing.bot(await probing.tried(steps.TELEGRAM, settings))
    await database.connect(settings.database.url)
    try:
        store = Store(Clock())
        if await database.is_empty(store.direct()):
            await database.migrate(settings.database.url)
        return await inviting.welcome(store, written, zone=settings.company.zone, bot=bot)
    finally:
        await database.close()


def _try(channel: str, settings: Settings, language: str = "en") -> bool:
    """Every step of a channel, as `centrala check` tells it; in English unless a person is asked."""
    found = asyncio.run(probing.tried(channel, settings)) if channel in settings.channels else []
    for one in found:
        said, todo = wording.said(language, one.said)[0], wording.todo(language, one.todo)[0]
        name = wording.name(language, one.name)
        print(f"  {'ok  ' if one.ok else 'FAIL'} {name}: {said}" + (f" → {todo}" if one.todo else ""))
    return all(one.ok for one in found)


def _expected(key: str, language: str) -> str:
    return texts.say(language, "Expected: {what}.", what=steps.expected(key, language))


def _outcome(is_good: bool, language: str) -> str:
    if is_good:
        return texts.say(language, "Saved, and everything answers.")
    return texts.say(language, "Saved, but a step fails. Mend it below, or go on: it can be mended later.")
