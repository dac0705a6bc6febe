"""What a step's answers mean for the settings file: keys and values, or what is wrong with each answer. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from hub.setup import guess, steps, values, ways
from kernel.errors import Problem

_WORDS = {steps.YES: True, steps.NO: False}
_SERVICE = re.compile(r"MG[0-9A-Za-z]{32}")
_ELSEWHERE = {  # told of one key, asked at another
    "channels.sms.messaging_service_sid": "channels.sms.sender",
    "channels.email.smtp.password": f"{steps.IMAP}.password",
    "channels.email.smtp.user": f"{steps.IMAP}.user",
    "channels.sms.receive": steps.PUBLIC,
}


def begins_quiet(have: Mapping[str, Any]) -> bool:
    """What is proposed: as it is, or quiet where no channel is connected yet. A hub in use is never made quiet so."""
    stands = values.at(have, steps.QUIET)
    return bool(stands) if stands is not None else not values.at(have, "channels")


def missing(step: str, written: Mapping[str, str], have: Mapping[str, Any]) -> list[Problem]:
    """The questions that need an answer and have none; a secret that is set already may stay as it is."""
    return [
        Problem(field.key, "an answer")
        for field in steps.FIELDS[step]
        if field.is_needed
        and ways.is_asked(field, written, have)
        and not values.given(written, field.key)
        and not (field.is_secret and values.at(have, field.key))
    ]


def changes(step: str, written: Mapping[str, str], have: Mapping[str, Any]) -> dict[str, object]:
    """The keys to set for a step's answers, over what the file has. What is left empty stays, or is guessed."""
    given: dict[str, object] = {
        field.key: values.given(written, field.key)
        for field in steps.FIELDS[step]
        if values.given(written, field.key) and not field.key.startswith("staff.")
    }
    if step == steps.COMPANY and steps.QUIET in given:
        return given | {steps.QUIET: _WORDS.get(str(given[steps.QUIET]), given[steps.QUIET])}
    if step == steps.EMAIL:
        chosen = ways.way(written, have)
        return _mail(chosen, ways.keys(chosen, given, have), have)
    if step == steps.SMS:
        return _texts(given, have)
    return given


def asked(step: str, problems: Iterable[Problem]) -> tuple[dict[str, Problem], list[Problem]]:
    """Problems of the settings by the question they belong to, and those that belong to none of this step."""
    keys = {field.key for field in steps.FIELDS[step]}
    by_key: dict[str, Problem] = {}
    rest: list[Problem] = []
    for problem in problems:
        key = _ELSEWHERE.get(problem.field, problem.field)
        key = key if key in keys else key.replace("channels.email.imap.", f"{steps.IMAP}.", 1)
        if key in keys:
            by_key.setdefault(key, problem)
        else:
            rest.append(problem)
    return by_key, rest


def _mail(chosen: str, given: dict[str, object], have: Mapping[str, Any]) -> dict[str, object]:
    """Servers as written, else as guessed from the address; sending signs in as reading does."""
    address = str(given.get("channels.email.address") or values.at(have, "channels.email.address") or "")
    guessed = guess.servers(address, chosen)
    is_same = address == values.at(have, "channels.email.address")  # another address has other servers
    servers = {steps.IMAP: guessed.imap, steps.SMTP: guessed.smtp} if guessed else {}
    for place, server in servers.items():
        if f"{place}.host" not in given and not (is_same and values.at(have, f"{place}.host")):
            given = {f"{place}.host": server.host, f"{place}.port": server.port, f"{place}.tls": server.tls} | given
    user = given.get(f"{steps.IMAP}.user") or (is_same and values.at(have, f"{steps.IMAP}.user")) or address
    given[f"{steps.IMAP}.user"] = given[f"{steps.SMTP}.user"] = user
    password = given.get(f"{steps.IMAP}.password") or values.at(have, f"{steps.IMAP}.password")
    if password and chosen == steps.PASSWORD:
        given[f"{steps.IMAP}.password"] = given[f"{steps.SMTP}.password"] = password
    for place in (steps.IMAP, steps.SMTP):
        port = str(given.get(f"{place}.port", ""))
        if port.isascii() and port.isdigit():
            given[f"{place}.port"] = int(port)
    return given


def _texts(given: dict[str, object], have: Mapping[str, Any]) -> dict[str, object]:
    """A messaging service is no sender; without a public address messages are polled for."""
    sender = str(given.get("channels.sms.sender", ""))
    if sender:
        is_service = bool(_SERVICE.fullmatch(sender))
        given["channels.sms.sender"] = None if is_service else sender
        given["channels.sms.messaging_service_sid"] = sender if is_service else None
    public = given.get(steps.PUBLIC) or values.at(have, steps.PUBLIC) or values.at(have, "channels.sms.public_url")
    return given | {"channels.sms.receive": "webhook" if public else "poll"}
