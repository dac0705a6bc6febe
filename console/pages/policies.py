"""Policies as they are: for whom, what is promised, by which hours; changed and taken out like other settings."""

from __future__ import annotations

from aiohttp import web

from console import explained, frame, gate, ready_words
from console.pages import settings
from kernel import texts
from tickets.policies import Policy

PATH = "/settings/policies"


def routes() -> list[web.RouteDef]:
    return [web.get(PATH, gate.staff(show))]


async def show(request: web.Request) -> web.Response:
    """The policies of the running hub in the order of the file."""
    own, language = gate.office(request), frame.language(request)
    return await settings.page(
        request,
        "settings_policies.html",
        shown=[_shown(one, language) for one in own.desk.policies],
        overridden=own.book.overridden("policies"),
        stamp=own.book.stamp(),
    )


def _shown(policy: Policy, language: str) -> dict[str, object]:
    return {
        "name": policy.name,
        "sentence": ready_words.promised(language, policy),
        "whom": explained.whom(policy, language, openly=False),
        "targets": explained.targets(policy, language),
        "calendar": policy.calendar.name if policy.calendar else texts.say(language, "that of the queue"),
        "warn": ", ".join(f"{percent} %" for percent in policy.warn),
        "holds": explained.held(policy, language),
        "since": explained.day(policy.since, language) if policy.since else "",
    }
