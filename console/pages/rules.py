"""Rules: shown as sentences where they are ready-made, put in order, and tried on a message or on last month."""

from __future__ import annotations

from urllib.parse import urlencode

from aiohttp import web

from console import desk, frame, gate, ready_words
from console.book import Moved
from console.pages import settings
from crmcore import audit
from kernel import errors, texts
from routing import past, rules, trial
from routing.past import Past
from routing.trial import Sample
from tickets import visible

PATH = "/settings/rules"
PAST = f"{PATH}/past"
WORDS_LIMIT = 4_000
_LISTS = ("messages", "tickets", "changed")


def routes() -> list[web.RouteDef]:
    return [
        web.get(PATH, gate.staff(show)),
        web.get(f"{PATH}/test", gate.staff(show)),  # the answer to the form looks again by itself
        web.post(f"{PATH}/test", gate.staff(test)),
        web.get(PAST, gate.staff(show_past)),
        web.get(f"{PAST}/{{place}}/{{of}}", gate.staff(show_list)),
        web.post(f"{PATH}/move", gate.staff(move)),
    ]


async def show(request: web.Request) -> web.Response:
    return await _page(request, Sample("", "", "", ""), None)


async def test(request: web.Request) -> web.Response:
    """What the rules would make of a message: nothing is sent, nothing kept."""
    own, sent = gate.office(request), await request.post()

    def said(name: str) -> str:
        return str(sent.get(name, "")).replace("\r\n", "\n").strip()[:WORDS_LIMIT]

    sample = Sample(
        said("channel"), said("from"), said("subject"), said("text"), said("name"), said("language"), said("to"),
        said("company"),
    )  # fmt: skip
    return await _page(request, sample, trial.tried(own.desk, sample, own.store.clock.now()))


async def move(request: web.Request) -> web.Response:
    """One place up or down, at once; only while the file is as the page showed it."""
    own, who, sent = gate.office(request), gate.visitor(request), await request.post()
    place, count = _place(str(sent.get("of", "")), len(own.desk.rules)), len(own.desk.rules)
    to = place + (1 if sent.get("to") == "down" else -1)
    if not 0 <= to < count:
        raise errors.NotFound
    await own.book.save({f"rules.{place}": Moved(to)}, str(sent.get("stamp", "")))
    async with own.store.unit() as work:
        name = own.desk.rules[to].name
        await audit.note(
            work,
            settings.AUDITED,
            0,
            {f"rules.{name[:30]}": place + 1},
            {f"rules.{name[:30]}": to + 1},
            by=who.actor.id,
        )
    return gate.to(f"{PATH}?saved=1#rule-{to}")


async def show_past(request: web.Request) -> web.Response:
    """The rules as they are now over the messages of the last 30 days; each number is a link to its list."""
    found = await tried(request)
    lines = [
        {"name": one.name, "place": place, "messages": one.messages, "tickets": len(one.tickets),
         "changed": len(one.changed)}
        for place, one in enumerate(found.tallies)
    ]  # fmt: skip
    return await desk.page(request, "settings_rules_past.html", lines=lines, count=found.messages)


async def show_list(request: web.Request) -> web.Response:
    """The tickets behind a number; those that would be other than they are with what they would be."""
    own, of = gate.office(request), request.match_info["of"]
    place = _place(request.match_info["place"], len(own.desk.rules))
    if of not in _LISTS:
        raise errors.NotFound
    tally = (await tried(request)).tallies[place]
    chosen = tally.changed if of == "changed" else list(tally.tickets.values())
    page = request.query.get("page", "1")
    first = (int(page) - 1) * desk.LISTED if page.isascii() and page.isdigit() and 0 < len(page) <= 4 else 0
    first = max(first, 0)
    part = chosen[first : first + desk.LISTED]
    seen = await visible.by_ids(own.store.reading(), [one.ticket_id for one in part])
    scope = gate.visitor(request).scope
    tickets = [one for one in seen.values() if scope.covers(one.queue, one.assignee_id)]
    return await desk.page(
        request,
        "settings_rules_list.html",
        name=tally.name,
        of=of,
        total=len(chosen),
        found=desk.listed(request, sorted(tickets, key=lambda one: one.number)),
        would={one.ticket_id: texts.into(frame.language(request), one.would) for one in part if of == "changed"},
        next=f"{request.path}?{urlencode({'page': first // desk.LISTED + 2})}"
        if first + desk.LISTED < len(chosen)
        else "",
        before=f"{request.path}?{urlencode({'page': first // desk.LISTED})}" if first else "",
    )


async def tried(request: web.Request) -> Past:
    own = gate.office(request)
    return await past.tried(own.store.reading(), own.desk, own.store.clock.now() - past.MONTH)


def _place(word: str, count: int) -> int:
    """The place of a rule. Raises NotFound for what is none."""
    if not (word.isascii() and word.isdigit() and len(word) < 5 and int(word) < count):
        raise errors.NotFound
    return int(word)


async def _page(request: web.Request, sample: Sample, outcome: trial.Outcome | None) -> web.Response:
    own, who, language = gate.office(request), gate.visitor(request), frame.language(request)
    channels = list(dict.fromkeys(one.name for one in own.watch.channels())) or [
        str(rules.FACTS["message"]["channel"][0])
    ]
    due = outcome.due_at if outcome else None
    is_as_written = "rules" not in own.book.waiting() and not own.book.overridden("rules")
    return await settings.page(
        request,
        "settings_rules.html",
        rules=own.desk.rules,
        sentences=[ready_words.shown(language, one) for one in own.desk.rules],
        may_order=own.book.is_open() and who.ranks("lead") and is_as_written,
        overridden=own.book.overridden("rules"),
        stamp=own.book.stamp(),
        channels=channels,
        sample=sample,
        outcome=outcome,
        deeds=", ".join(texts.into(language, one) for one in outcome.deeds) if outcome else "",
        due=texts.moment(language, due, who.zone, now=own.store.clock.now()) if due else "",
    )
