"""Settings are checked whole: every mistake with its key, what was expected and an example; the environment wins."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from hub import environment, settings
from hub.settings import Settings
from kernel.errors import Invalid, Problem

TOKEN = "555666777:CCcanary_of_the_token"
WHSEC = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


@pytest.fixture(autouse=True)
def bare(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """No settings of the machine the tests run on."""
    for name in list(settings.os.environ):
        if name.upper().startswith(environment.PREFIX):
            monkeypatch.delenv(name)
    yield


def load(folder: Path, toml: str) -> Settings:
    path = folder / "centrala.toml"
    path.write_text(toml, "utf-8")
    return settings.load(path)


def refused(folder: Path, toml: str) -> dict[str, Problem]:
    with pytest.raises(Invalid) as refusal:
        load(folder, toml)
    return {problem.field: problem for problem in refusal.value.problems}


def test_an_empty_file_is_a_hub_with_an_inbox(tmp_path: Path) -> None:
    loaded = load(tmp_path, "")
    assert loaded.database.url == "sqlite://centrala.db"
    assert (loaded.web.host, loaded.web.port) == ("127.0.0.1", 8080)
    assert list(loaded.queues) == ["inbox"]
    assert (loaded.rules, loaded.channels, loaded.data) == ((), {}, tmp_path)


WHOLE = f"""
[database]
url = "postgresql://centrala:secret@db/centrala"
[web]
port = 80
public_url = "https://desk.example/"
[channels.telegram]
token = "{TOKEN}"
staff_chat = -1009000
[hooks.sources.erp]
secret = ["{WHSEC}", "{WHSEC}"]
[hooks.sources.form]
token = "sixteen-letters!"
addresses = ["10.0.0.0/8", "::1/128"]
[queues.cards]
manager = "Marek"
calendar = "office"
members = ["Anna"]
first_response = "1h30m"
[calendars.office]
zone = "Europe/Warsaw"
hours.mon = ["08:00-12:00", "12:30-16:00"]
holidays = "PL"
[[rules]]
name = "blocked cards"
when = 'message.text.contains("blocked")'
queue = "cards"
priority = 1
tags = ["card"]
[bot]
hold_s = 0
"""


def test_a_whole_file_is_read(tmp_path: Path) -> None:
    """M-6: queues, calendars and rules come from the settings."""
    loaded = load(tmp_path, WHOLE)
    queue = loaded.queues["cards"]
    assert (queue.manager, queue.members, queue.first_response) == ("Marek", ("Anna",), timedelta(minutes=90))
    assert str(queue.calendar.zone) == "Europe/Warsaw"
    assert [(rule.name, rule.queue, rule.priority, rule.tags) for rule in loaded.rules] == [
        ("blocked cards", "cards", 1, ("card",))
    ]
    assert loaded.web.public_url == "https://desk.example"
    assert loaded.channels["telegram"].staff_chat == -1009000
    assert len(loaded.hooks.sources["erp"].secret) == 2


def test_every_mistake_is_told_at_once(tmp_path: Path) -> None:
    told = refused(
        tmp_path,
        """
colour = "red"
[database]
url = "mysql://x"
[web]
port = "many"
hots = "x"
[queues.cards]
first_response = "soon"
assign = "randomly"
[calendars.office]
hours.mon = ["08:00-16:00"]
[[rules]]
name = "one"
when = "true"
priority = 9
[bot]
hold_s = 100
language = "de"
""",
    )
    assert set(told) == {
        "colour",
        "database.url",
        "web.port",
        "web.hots",
        "queues.cards.first_response",
        "queues.cards.assign",
        "calendars.office.zone",
        "rules.0.priority",
        "bot.hold_s",
        "bot.language",
    }
    assert "no such key" in told["colour"].expected
    assert told["web.port"].got == "'many'"
    for key, example in {
        "database.url": "sqlite://centrala.db",
        "web.port": "8080",
        "queues.cards.first_response": "1h",
        "calendars.office.zone": "Europe/Warsaw",
        "rules.0.priority": "1",
        "bot.hold_s": "3",
    }.items():
        assert told[key].expected.endswith(f"for example {example}"), key


def test_what_does_not_fit_together_is_told_at_once_too(tmp_path: Path) -> None:
    told = refused(
        tmp_path,
        """
[channels.telegram]
token = "no token"
[channels.pigeon]
[queues.cards]
calendar = "office"
[calendars.night]
zone = "Europe/Nowhere"
hours.mon = ["25:00-26:00"]
holidays = "Atlantis"
[hooks.sources.none]
[hooks.sources.both]
secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
token = "sixteen-letters!"
[hooks.sources.short]
token = "short"
[hooks.sources.garbled]
secret = ["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "whsec_no base64!"]
[hooks.sources.a-name-that-is-longer-than-forty-characters]
token = "sixteen-letters!"
[hooks.sources.empty]
secret = "whsec_"
[[rules]]
name = "broken"
when = "message.text.contains("
queue = "nowhere"
""",
    )
    assert set(told) == {
        "channels.telegram.token",
        "channels.pigeon",
        "queues.cards.calendar",
        "calendars.night.zone",
        "calendars.night.hours.mon",
        "calendars.night.holidays",
        "hooks.sources.none",
        "hooks.sources.both",
        "hooks.sources.short.token",
        "hooks.sources.garbled.secret",
        "hooks.sources.a-name-that-is-longer-than-forty-characters",
        "hooks.sources.empty.secret",
        "rules.0 (broken).when",
        "rules.0 (broken).queue",
    }
    assert "there are: " in told["channels.pigeon"].expected
    assert "one of: night" in told["queues.cards.calendar"].expected
    assert told["rules.0 (broken).queue"].expected == "one of: inbox, cards"


@pytest.mark.parametrize(
    ("when", "said"),
    [
        pytest.param("message.text.contains(", "line 1, column", id="syntax, with its place"),
        pytest.param("message.colour == 'red'", "message.text", id="an unknown fact, with those there are"),
        pytest.param(
            "sender.name == 'x'",
            "a name among message, contact, company, hours, ticket, queue, now",
            id="an unknown name",
        ),
        pytest.param("message.text", "true or false", id="no condition"),
        pytest.param("message.text > 5", "can be asked", id="cannot be asked"),
    ],
)
def test_a_rule_that_cannot_work_is_found_at_the_start(tmp_path: Path, when: str, said: str) -> None:
    """M-6: not when a customer writes."""
    told = refused(tmp_path, f'[[rules]]\nname = "r"\nwhen = "{when}"')
    assert said in told["rules.0 (r).when"].expected


@pytest.mark.parametrize(
    "toml",
    [
        pytest.param(f'[channels.telegram]\ntoken = "{TOKEN}"\nmode = "webhook"', id="a channel that is not whole"),
        pytest.param(f'[channels]\ntelegram = "{TOKEN}"', id="a token where a table belongs"),
        pytest.param(f'[channels.telegram]\ntoken = ["{TOKEN}"]', id="a list where a token belongs"),
        pytest.param(f'[hooks.sources]\nerp = "{TOKEN}"', id="a secret where its source belongs"),
        pytest.param(f'[hooks.sources.erp]\nsecret = [["{TOKEN}"]]', id="a list in a list"),
        pytest.param(f'[hooks.sources.erp]\nsecret = "whsec_{TOKEN}"', id="a secret that is no base64"),
        pytest.param(f'[hooks.sources.erp]\ntoken = "{TOKEN[:12]}"', id="a token that is too short"),
        pytest.param(f'[database]\nurl = "mysql://u:{TOKEN}@h/d"', id="a password in a URL"),
        pytest.param(f'[web]\nmetrics_token = {{ a = "{TOKEN}" }}', id="a table where a token belongs"),
    ],
)
def test_a_secret_is_never_told(tmp_path: Path, toml: str) -> None:
    told = str(refused(tmp_path, toml))
    assert TOKEN[:12] not in told
    assert TOKEN[10:] not in told


def test_a_secret_is_not_shown_by_what_is_loaded(tmp_path: Path) -> None:
    loaded = load(tmp_path, WHOLE)
    shown = repr(loaded.hooks) + repr(loaded.channels) + repr(loaded.web)
    assert TOKEN not in shown
    assert WHSEC not in shown


@pytest.mark.parametrize(
    ("content", "said"),
    [
        pytest.param(b"[web\nport = 1", "line 1", id="no TOML"),
        pytest.param(b'name = "\xff"', "UTF-8", id="no UTF-8"),
        pytest.param(None, "--config", id="no file"),
    ],
)
def test_a_file_that_cannot_be_read_is_named(tmp_path: Path, content: bytes | None, said: str) -> None:
    path = tmp_path / "centrala.toml"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(Invalid) as refusal:
        settings.load(path)
    [problem] = refusal.value.problems
    assert problem.field == str(path)
    assert said in problem.expected


def test_the_environment_wins_over_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CENTRALA_WEB__PORT", "8081")
    monkeypatch.setenv("CENTRALA_CHANNELS__TELEGRAM__TOKEN", "987654321:BBother")
    monkeypatch.setenv("CENTRALA_DATABASE__URL", "sqlite://other.db")
    loaded = load(tmp_path, WHOLE)
    assert (loaded.web.port, loaded.web.public_url) == (8081, "https://desk.example")
    assert (loaded.channels["telegram"].bot_id, loaded.channels["telegram"].staff_chat) == ("987654321", -1009000)
    assert loaded.database.url == "sqlite://other.db"


def test_the_environment_is_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    assert not environment.is_set()
    monkeypatch.setenv("CENTRALA_CHANNELS__TELEGRAM__TOKEN", TOKEN)
    assert environment.is_set()
    assert list(settings.load(None).channels) == ["telegram"]


def test_a_secret_comes_from_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As container platforms hand secrets out."""
    secret = tmp_path / "token"
    secret.write_text(f"{TOKEN}\n", "utf-8")
    monkeypatch.setenv("CENTRALA_CHANNELS__TELEGRAM__TOKEN_FILE", str(secret))
    loaded = settings.load(None)
    assert loaded.channels["telegram"].token.get_secret_value() == TOKEN


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        pytest.param("CENTRALA_WEB__PORT", "many", "web.port", id="a wrong value"),
        pytest.param("CENTRALA_RULES", "no json", "rules", id="a list that is no JSON"),
        pytest.param("CENTRALA_WEB", "no json", "web", id="a table that is no JSON"),
        pytest.param("CENTRALA_WEB__METRICS_TOKEN_FILE", "/nowhere/token", "/nowhere/token", id="no such secret file"),
    ],
)
def test_a_mistake_in_the_environment_is_told_like_any_other(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, said: str
) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(Invalid) as refusal:
        settings.load(None)
    assert said in [problem.field for problem in refusal.value.problems]


def test_a_secret_file_that_is_no_text_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    secret = tmp_path / "token"
    secret.write_bytes(b"\xff\xfe")
    monkeypatch.setenv("CENTRALA_WEB__METRICS_TOKEN_FILE", str(secret))
    with pytest.raises(Invalid) as refusal:
        settings.load(None)
    assert [problem.field for problem in refusal.value.problems] == [str(secret)]


def test_plain_values_are_checked_like_a_file() -> None:
    values: dict[str, Any] = {"queues": {"cards": {"first_response": "1h"}}}
    assert settings.check(values, base=Path("/data")).data == Path("/data")
    with pytest.raises(Invalid):
        settings.check({"queues": {"cards": {"first_response": "1x"}}})


def test_a_queue_name_is_as_long_as_the_store_keeps(tmp_path: Path) -> None:
    """M-6: PostgreSQL would refuse the first ticket of a longer one."""
    assert "q" * 60 in settings.check({"queues": {"q" * 60: {}}}, base=tmp_path).queues
    with pytest.raises(Invalid) as refusal:
        settings.check({"queues": {"q" * 61: {}}}, base=tmp_path)
    [problem] = refusal.value.problems
    assert (problem.field, problem.expected) == (f"queues.{'q' * 61}", "a name of at most 60 characters")


@pytest.mark.parametrize("tag", ["t" * 61, "a,b", "!"], ids=["too long", "two", "no word"])
def test_the_tags_of_a_rule_are_what_colleagues_may_write(tmp_path: Path, tag: str) -> None:
    """M-6, S5: one limit everywhere."""
    rule = '[[rules]]\nname = "one"\nwhen = "true"\ntags = ["{}"]\n'
    assert load(tmp_path, rule.format("t" * 60)).rules[0].tags == ("t" * 60,)
    told = refused(tmp_path, rule.format(tag))
    assert [(field, problem.got) for field, problem in told.items()] == [("rules.0 (one).tags", tag[:40])]


def test_the_source_of_a_rule_is_written_as_a_codes_word(tmp_path: Path) -> None:
    """S4-5."""
    rule = '[[rules]]\nname = "one"\nwhen = "true"\nsource = "{}"\n'
    assert load(tmp_path, rule.format("trade-fair")).rules[0].source == "trade-fair"
    told = refused(tmp_path, rule.format("Trade fair"))
    assert [(field, problem.got) for field, problem in told.items()] == [("rules.0 (one).source", "Trade fair")]


def test_where_the_far_side_is_makes_no_channel(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine's environment may name the servers of channels that this hub does not have."""
    monkeypatch.setenv("CENTRALA_CHANNELS__TELEGRAM__API_URL", "http://127.0.0.1:8081")
    monkeypatch.setenv("CENTRALA_CHANNELS__SMS__API_URL", "http://127.0.0.1:8082")
    assert load(tmp_path, "").channels == {}
    assert settings.load(None).channels == {}
    one = load(tmp_path, f'[channels.telegram]\ntoken = "{TOKEN}"')
    assert list(one.channels) == ["telegram"]
    assert one.channels["telegram"].api_url == "http://127.0.0.1:8081"


def test_a_channel_begun_in_the_file_still_has_to_be_whole(tmp_path: Path) -> None:
    assert "channels.telegram.token" in refused(tmp_path, '[channels.telegram]\napi_url = "http://127.0.0.1:8081"')


def test_a_channel_begun_in_the_environment_still_has_to_be_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CENTRALA_CHANNELS__TELEGRAM__STAFF_CHAT", "-1009000")
    assert "channels.telegram.token" in refused(tmp_path, "")


def test_how_a_field_is_asked_for_is_read(tmp_path: Path) -> None:
    """B-6: in which words, by language; never; or once another holds something."""
    fields = (
        '[kinds.claim]\nfields = [{ name = "on", type = "date", question = { pl = "Kiedy?" } },'
        ' { name = "result", ask = false }, { name = "accepted", type = "yes/no", after = "result" }]'
    )
    on, result, accepted = load(tmp_path, fields).kinds.of("claim").fields
    assert (on.questions, on.asks, on.after) == ({"pl": "Kiedy?"}, True, "")
    assert (result.asks, accepted.after) == (False, "result")


@pytest.mark.parametrize(
    ("field", "key"),
    [
        ('after = "other"', "kinds.claim.fields.0.after"),
        ('after = "on"', "kinds.claim.fields.0.after"),
        ('question = { de = "Wann?" }', "kinds.claim.fields.0.question.de"),
        ('question = { pl = "" }', "kinds.claim.fields.0.question.pl"),
    ],
)
def test_a_field_that_cannot_be_asked_for_is_told(tmp_path: Path, field: str, key: str) -> None:
    found = refused(tmp_path, f'[kinds.claim]\nfields = [{{ name = "on", {field} }}]')
    assert [name for name in found if name.startswith(key)] != [], found
