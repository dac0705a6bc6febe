"""`centrala rules`: what a rule's condition can look at, and rules tried on a message or on what has come before."""

from __future__ import annotations

import sys
from datetime import timedelta
from typing import TYPE_CHECKING, Annotated, Any

import typer

from hub.cli import Late, options, printing

if TYPE_CHECKING:
    from kernel import clock, durations
    from kernel.unit import Store
    from routing import desk as desks
    from routing import past, rules, trial
else:
    clock = Late("kernel.clock")
    durations = Late("kernel.durations")
    desks = Late("routing.desk")
    past = Late("routing.past")
    rules = Late("routing.rules")
    trial = Late("routing.trial")

app = options.application()
_Channel = Annotated[str, typer.Option("--channel", help="The channel it came by.")]
_From = Annotated[str, typer.Option("--from", help="Who wrote it, with the scheme: mailto:anna@firma.example.")]
_To = Annotated[str, typer.Option("--to", help="The address of ours it was sent to.")]
_Since = Annotated[str, typer.Option("--since", help="Try them on what came within 30d, 2w, 12h instead.")]


@app.callback()
def family() -> None:
    """Rules: conditions in CEL that choose queue, priority and tags, and what else follows."""


@app.command()
def facts(as_json: options.AsJson = False) -> None:
    """List every fact with an example."""
    listed = [
        (f"{root}.{name}", repr(example), meaning)
        for root, known in rules.FACTS.items()
        for name, (example, meaning) in known.items()
    ]
    if as_json:
        named = [*listed, ("now", "a timestamp", "the time of the hub")]
        printing.json_lines({"fact": fact, "example": example, "meaning": meaning} for fact, example, meaning in named)
        return
    printing.columns(("FACT", "EXAMPLE", "MEANING"), [*listed, ("now", "a timestamp", "the time of the hub")])
    print('\nAlso fold(text): case and accents folded. Example: fold(message.text).contains("zolc")')


@app.command()
def test(
    config: options.Config = None,
    since: _Since = "",
    channel: _Channel = "email",
    sender: _From = "mailto:customer@example.com",
    to: _To = "",
    subject: str = "",
    text: Annotated[str | None, typer.Option(help="What it says; without it, standard input is read.")] = None,
    name: Annotated[str, typer.Option(help="The customer's name.")] = "",
    language: Annotated[str, typer.Option(help="The customer's language: en, pl, sk, hu, ru.")] = "",
    company: Annotated[str, typer.Option(help="A company that the customer is at.")] = "",
    as_json: options.AsJson = False,
) -> None:
    """Say what the rules make of a first message, or what they would have made of what came before. Changes nothing."""
    if since:
        _past(config, since, as_json=as_json)
        return
    words = text if text is not None else ("" if sys.stdin.isatty() else sys.stdin.read())
    found = options.settings(config)
    desk = desks.Desk(found.queues, found.rules, calendars=found.calendars, policies=found.policies)
    sample = trial.Sample(channel, sender, subject, words, name, language, to, company)
    _tell(desk, trial.tried(desk, sample, clock.Clock().now()), as_json=as_json)


def _tell(desk: Any, outcome: Any, *, as_json: bool) -> None:
    asked = [
        (rule.name, None if place >= outcome.asked else place in outcome.held) for place, rule in enumerate(desk.rules)
    ]
    if as_json:
        shown = {
            "queue": outcome.queue,
            "priority": outcome.priority,
            "tags": list(outcome.tags),
            "kind": outcome.kind,
            "deeds": list(outcome.deeds),
            "first_response_due": printing.utc(outcome.due_at),
            "rules": [{"rule": name, "holds": holds} for name, holds in asked],
        }
        printing.json_lines([shown])
        return
    words = {True: "holds", False: "does not hold", None: "not asked"}
    printing.columns(("RULE", "SAYS"), [(name, words[holds]) for name, holds in asked])
    tags = f"; tags: {', '.join(outcome.tags)}" if outcome.tags else ""
    print(f"\nA ticket in {outcome.queue}, priority {outcome.priority}{tags}")
    if outcome.deeds:
        print(f"Besides: {', '.join(outcome.deeds)}")
    due = f"First answer due {printing.utc(outcome.due_at)}" if outcome.due_at else "No first answer is due"
    print(f"{due}. Nothing was sent and nothing kept.")


def _past(config: Any, since: str, *, as_json: bool) -> None:
    within = _within(since)

    async def act(store: Store, settings: Any) -> Any:
        desk = desks.Desk(settings.queues, settings.rules, calendars=settings.calendars, policies=settings.policies)
        return await past.tried(store.reading(), desk, store.clock.now() - within)

    found = options.on_store(config, act)
    if as_json:
        printing.json_lines(_counted(found, one) for one in found.tallies)
        return
    lines = [(one.name, one.messages, len(one.tickets), len(one.changed)) for one in found.tallies]
    printing.columns(("RULE", "MESSAGES", "TICKETS", "WOULD CHANGE"), lines)
    for one in found.tallies:
        if one.changed:
            print(f"\n{one.name}:")
            printing.columns(("TICKET", "WOULD BE"), [(f"T{it.number}", it.would) for it in one.changed[: past.FIRST]])
    print(f"\n{found.messages} messages since {printing.utc(found.since)} were looked at. Nothing was changed.")


def _counted(found: Any, one: Any) -> dict[str, Any]:
    first = [{"number": f"T{it.number}", "would": it.would} for it in one.changed[: past.FIRST]]
    return {
        "rule": one.name,
        "since": printing.utc(found.since),
        "looked_at": found.messages,
        "messages": one.messages,
        "tickets": len(one.tickets),
        "changed": len(one.changed),
        "first": first,
    }


def _within(since: str) -> timedelta:
    try:
        return durations.parse_duration(since, field="--since")
    except ValueError as error:
        print(f"centrala: {error}", file=sys.stderr)
        sys.exit(options.USAGE)
