"""The verb that finds: messages, tickets, customers and companies by words, the newest first, a page at a time."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from bot import codes, grammar, views
from bot.calls import Answer, Call
from bot.grammar import Verb
from channels.contract import Button, Buttons
from kernel import errors, texts
from tickets.search import documents, query, rebuild, snippets
from tickets.search import views as search
from tickets.search.views import Found, Page

PAGE, MOST_PAGES = 8, 25
_ALONE = "Others read here who may not see it. Write /find to me alone. Nothing was done."
_KINDS = {documents.TICKET: "ticket", documents.CONTACT: "customer"}


async def find(call: Call) -> Answer:
    """What holds the words, as far as I may see it."""
    return await _page(call, call.rest.strip(), call.arrived.id, 0)


async def older(call: Call) -> Answer:
    """[Older]: the next page of what was asked for in this chat."""
    asked = await call.work.one(
        "SELECT text FROM messages WHERE id = ? AND direction = 'in' AND address = ? AND account = ?",
        call.number,
        call.chat.address.value,
        call.chat.line.account,
    )
    text = str(asked["text"]) if asked else ""
    if not grammar.is_command(text) or grammar.read(text).word.casefold() not in ("find", *_SHORTS):
        raise errors.NotFound("That search is not here any more. Write /find and the words again.")
    return await _page(call, _rest(text), call.number, min(call.version, MOST_PAGES))


async def _page(call: Call, words: str, asked_id: int, number: int) -> Answer:
    if call.chat.group:
        raise errors.Forbidden(_ALONE, code=errors.ELSEWHERE)
    asked = query.read(words, ZoneInfo(call.actor.zone))
    # read from the newest again: a button holds no place
    page = await search.page(call.work, asked, call.scope, limit=PAGE * (number + 1))
    shown = Page(page.found[PAGE * number :], page.older)
    built = await rebuild.progress(call.work)
    still = texts.say(call.language, "The index is being built; older things are not found yet.")
    building = "" if built and built.is_over else f"\n{still}"
    if not shown.found:
        return Answer(
            texts.say(
                call.language,
                "Nothing found for {words} that is yours to see.{building}",
                words=views.short(words, 60),
                building=building,
            )
        )
    lines = [_line(call, one) for one in shown.found]
    return Answer("\n".join(lines) + building, _buttons(call.language, shown, asked_id, number))


def _line(call: Call, one: Found) -> str:
    at = views.moment(call.reading, one.at)
    head = " ".join(part for part in (one.code, views.short(one.title, 60)) if part)
    said = snippets.plain(one.pieces)
    words = f": {views.short(said, 120)}" if said and said != one.title else ""
    who = f" · {views.short(one.who, 40)}" if one.who and one.who != one.title else ""
    kind = f"{texts.say(call.language, _KINDS[one.kind])} " if one.kind in _KINDS else ""
    return f"{kind}{head}{who} · {at}{words}"


def _buttons(language: str, page: Page, asked_id: int, number: int) -> Buttons:
    """A button a ticket, four in a row; and the way on."""
    tickets = list(dict.fromkeys(one.code for one in page.found if one.kind in (documents.ENTRY, documents.TICKET)))
    shows = [Button(code, codes.write("sh", int(code[1:]))) for code in tickets]
    lines = [tuple(shows[start : start + 4]) for start in range(0, len(shows), 4)]
    if page.older is not None and number < MOST_PAGES:
        lines.append((Button(texts.say(language, "Older"), codes.write("fo", asked_id, number + 1)),))
    return tuple(lines)


def _rest(text: str) -> str:
    _, _, rest = text.strip().partition(" ")
    return rest


_SHORTS = ("f", "search")
VERBS = (
    Verb(
        "find",
        find,
        "what holds the words, newest first",
        "/find invoice orlik",
        _SHORTS,
        needs_ticket=False,
        reads=True,
        takes_words=True,
    ),
    Verb("older", older, "older ones that were found", "[Older]", button="fo", needs_ticket=False),
)
