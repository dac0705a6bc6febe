"""The part of `centrala setup` in which a person signs in to the mailbox at its provider."""

from __future__ import annotations

import asyncio
import functools
from typing import Any

import typer

from hub.cli import keyboard
from hub.settings import Settings
from hub.setup import signing
from kernel import texts

_ELSEWHERE = "If it ends at a page of 127.0.0.1 that cannot be shown, copy the address of that page and put it in here."


def offer(settings: Settings, language: str) -> None:
    """Ask whether to sign in now, as often as it fails and the person wants; nothing where a password is used."""
    if signing.section(settings) is None:
        return
    label, is_begun = signing.label(settings), signing.is_begun(settings)
    if is_begun:
        print(texts.say(language, "Somebody has signed in. It can be done anew at any time, also as another person."))
    question = texts.say(language, "Sign in at {label} now?", label=label)
    while typer.confirm(question, default=not is_begun):
        if _is_signed_in(settings, language):
            return
        question, is_begun = texts.say(language, "Begin anew?"), False


def _is_signed_in(settings: Settings, language: str) -> bool:
    show = functools.partial(_show, settings=settings, language=language)
    try:
        asyncio.run(signing.sign_in(settings, show=show, typed=keyboard.line))
    except signing.failures() as error:
        print(f"  {signing.why(error, language)}")
        return False
    except KeyboardInterrupt:
        print()
        return False
    print(f"  {texts.say(language, 'Signed in.')}")
    return True


def _show(shown: Any, *, settings: Settings, language: str) -> None:
    until = signing.until(shown, settings, language)
    if shown.code:
        print(f"  {texts.say(language, 'Open this page on any computer or phone, and type the code.')}")
        print(f"  {shown.open_at}\n  {shown.code}")
    else:
        print(f"  {texts.say(language, 'Open this page in a browser:')}\n\n{shown.open_at}\n")
        print(f"  {texts.say(language, _ELSEWHERE)}")
    print(f"  {texts.say(language, 'Good until {until}. Waiting; Ctrl-C stops it.', until=until)}", flush=True)
