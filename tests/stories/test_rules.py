"""Rules at the wire: who is told, what the customer reads, and how often; and the rules tried at the terminal."""

from __future__ import annotations

import asyncio
from pathlib import Path

import orjson

from tests.support import commands
from tests.support import stage as stages
from tests.support.stage import Stage

LOUD = [
    {
        "name": "legal",
        "when": 'message.words.contains(" lawyer")',
        "notify": ["Anna"],
        "escalate": True,
        "note": "Call",
    },
    {"name": "hello", "when": "true", "reply": {"hu": "Köszönjük, {name}: {number}.", "en": "Thank you, {number}."}},
]


async def lines(stage: Stage) -> list[str]:
    found = await stage.rows("SELECT text FROM entries WHERE author_kind = 'system' ORDER BY id")
    return [row["text"] for row in found]


async def test_a_rule_tells_calls_writes_and_replies_once(database_url: str, tmp_path: Path) -> None:
    """M-6, S1-11: the reply stands for the acknowledgement; what follows from a rule follows once a ticket."""
    async with stages.playing(database_url, tmp_path, rules=LOUD) as stage:
        stage.open(stage.anna, stage.marek)
        await stage.customer("My lawyer will write to you")
        await stage.until(lambda: stage.bot_texts(stage.eszter.id))
        assert stage.bot_texts(stage.eszter.id) == ["Köszönjük, Eszter: T1."]
        await stage.until(lambda: any("Rule legal:" in text for text in stage.bot_texts(stage.anna.id)))
        await stage.until(lambda: any("A rule wants this seen now" in one for one in stage.bot_texts(stage.marek.id)))
        told = ["rule legal: Call", "rule legal: note, told Anna, alert", "rule hello: reply sent"]
        assert sorted(await lines(stage)) == sorted(told)
        before = [len(stage.bot_texts(one.id)) for one in (stage.eszter, stage.anna, stage.marek)]
        await stage.customer("Once more: my lawyer")
        assert [len(stage.bot_texts(one.id)) for one in (stage.eszter, stage.anna, stage.marek)] == before
        assert sorted(await lines(stage)) == sorted(told)


async def test_a_move_and_a_priority_ask_the_rules_again(database_url: str, tmp_path: Path) -> None:
    """M-6, M-9: the answer says what they did, and whom they tell is told once."""
    rules = [
        {"name": "cards", "when": 'ticket.queue == "cards"', "tags": ["card"], "queue": "inbox"},
        {"name": "urgent", "when": "ticket.priority == 1", "notify": ["Bela"], "reply": "At once"},
    ]
    queues = {"cards": {"assign": "none"}}
    async with stages.playing(database_url, tmp_path, rules=rules, queues=queues) as stage:
        bela = await stage.hire("Bela", 1006, queues=("cards",))
        stage.open(bela)
        await stage.customer("My card is blocked")
        shown = len(stage.bot_texts(stage.eszter.id))
        await stage.staff("/move T1 cards")
        answer = stage.bot_texts(stage.desk.id)[-1].splitlines()
        assert answer[0].startswith("T1: cards.") and answer[-1] == "rule cards: tag card"
        assert (await stage.ticket())["queue"] == "cards", "the rule moves it no more"
        await stage.staff("/prio T1 1", by=stage.marek)
        assert stage.bot_texts(stage.desk.id)[-1].splitlines()[-1] == "rule urgent: told Bela"
        for number in (2, 1):
            await stage.staff(f"/prio T1 {number}", by=stage.marek)
        assert len([text for text in stage.bot_texts(bela.id) if "Rule urgent:" in text]) == 1
        assert len(stage.bot_texts(stage.eszter.id)) == shown, "a colleague's act answers no customer"


async def test_automatic_texts_have_their_limit_whoever_wants_them(database_url: str, tmp_path: Path) -> None:
    """M-6: three an hour, and the ticket says why a fourth did not go."""
    async with stages.playing(database_url, tmp_path, rules=LOUD[1:]) as stage:
        for number in range(1, 5):
            await stage.customer("Help")
            await stage.staff(f"/close T{number}")
            async with stage.app.store.unit() as work:
                long_ago = stage.app.clock.now().replace(year=stage.app.clock.now().year - 1)
                await work.change("UPDATE tickets SET closed_at = ?", long_ago)
        await stage.until(lambda: len(stage.bot_texts(stage.eszter.id)) == 3)
        told = await lines(stage)
        assert told[:3] == ["rule hello: reply sent"] * 3
        assert told[3] == "rule hello: reply not sent: the address has had its automatic texts of this hour"


async def test_rules_are_tried_at_the_terminal(database_url: str, tmp_path: Path) -> None:
    """M-6: on one message, and on what has come; nothing is sent and no row is touched."""
    async with stages.playing(database_url, tmp_path) as stage:
        await stage.customer("My card is blocked")
        file = tmp_path / "tried.toml"
        file.write_text(
            f'[database]\nurl = "{database_url}"\n[queues.cards]\n[[rules]]\nname = "cards"\nqueue = "cards"\n'
            'when = \'message.words.contains(" card")\'\nnotify = "manager"\n'
            '[[rules]]\nname = "none"\nwhen = "false"\n'
        )
        code, out, err = await centrala("rules", "test", "--json", "-c", str(file), sent="A card of mine")
        [one] = [orjson.loads(line) for line in out.splitlines()]
        assert (code, err, one["queue"], one["deeds"]) == (0, "", "cards", ["notify manager"])
        assert one["rules"] == [{"rule": "cards", "holds": True}, {"rule": "none", "holds": False}]
        code, out, _ = await centrala("rules", "test", "--text", "hello", "-c", str(file))
        assert code == 0 and "does not hold" in out and "A ticket in inbox, priority 3" in out
        before = await stage.rows("SELECT version, queue FROM tickets")
        code, out, _ = await centrala("rules", "test", "--since", "30d", "--json", "-c", str(file))
        first, second = [orjson.loads(line) for line in out.splitlines()]
        assert (code, first["messages"], first["changed"], second["messages"]) == (0, 1, 1, 0)
        assert first["first"] == [{"number": "T1", "would": "queue cards instead of inbox, notify manager"}]
        code, out, _ = await centrala("rules", "test", "--since", "30d", "-c", str(file))
        assert code == 0 and "1 messages since" in out and "T1" in out
        assert await stage.rows("SELECT version, queue FROM tickets") == before
        code, _, err = await centrala("rules", "test", "--since", "soon", "-c", str(file))
        assert code == 2 and "--since" in err


async def centrala(*words: str, sent: str = "") -> tuple[int, str, str]:
    done = await asyncio.to_thread(commands.run_text, *words, given=sent)
    return done.returncode, done.stdout, done.stderr
