"""The questions and what their answers mean: every one can be said, and the settings take what it becomes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from hub import settings
from hub.setup import answers, notes, steps, views, writing
from kernel import texts
from kernel.errors import Invalid, Problem

SID, SERVICE = "AC" + "0" * 32, "MG" + "0" * 32
ANSWERS = {
    steps.LANGUAGE: {"company.language": "pl"},
    steps.COMPANY: {"company.name": "Orlik", "company.zone": "Europe/Warsaw"},
    steps.TELEGRAM: {"channels.telegram.token": "1000:token-of-a-test"},
    steps.EMAIL: {"channels.email.address": "biuro@gmail.com", "channels.email.imap.0.password": "hush"},
    steps.SMS: {
        "channels.sms.account_sid": SID,
        "channels.sms.auth_token": "hush-hush",
        "channels.sms.sender": "+48600123456",
    },
}
WRONG = {  # key → an answer that its setting does not take
    "company.language": "xx",
    "company.name": "x" * 121,
    "company.zone": "Mars",
    "quiet": "perhaps",
    "channels.telegram.token": "hush",
    "channels.telegram.api_url": "ftp://x",
    "channels.email.address": "a+b@desk.example",
    "channels.email.oauth.client_id": "two words",
    "channels.email.oauth.tenant": "two words",
    "channels.email.oauth.device_url": "http://desk.example",
    "channels.email.oauth.token_url": "ftp://x",
    "channels.email.imap.0.host": "no host",
    "channels.email.imap.0.port": "many",
    "channels.email.imap.0.tls": "some",
    "channels.email.smtp.host": "no host",
    "channels.email.smtp.port": "70000",
    "channels.email.smtp.tls": "some",
    "channels.sms.account_sid": "AC1",
    "channels.sms.auth_token": "hush",
    "channels.sms.sender": "+1",
    "web.public_url": "desk.example",
    "channels.sms.api_url": "http://twilio.example",
}


MICROSOFT = {"channels.email.oauth.provider": "microsoft", "channels.email.oauth.client_id": "client-of-a-test"}


def answered(step: str, key: str) -> dict[str, str]:
    """Good answers to a step's questions, so that `key` is among them."""
    return ANSWERS[step] | (MICROSOFT if key.startswith(steps.OAUTH) else {})


def found(step: str, written: dict[str, str], have: dict[str, Any] | None = None) -> Any:
    """The settings that the answers lead to."""
    return settings.check(writing.changed(have or {}, answers.changes(step, written, have or {})))


@pytest.mark.parametrize("language", texts.LANGUAGES)
def test_every_step_can_be_said(language: str) -> None:
    for step in steps.ORDER:
        shown = views.view(step, language, {})
        assert shown.title and shown.intro
        for field in shown.fields:
            assert field.label and steps.expected(field.key, language)
            assert steps.field(field.key).is_needed == field.is_needed


def test_the_story_goes_through_all_steps_and_back() -> None:
    assert [steps.after(step) for step in steps.ORDER] == [*steps.ORDER[1:], ""]
    assert [steps.before(step) for step in steps.ORDER] == ["", *steps.ORDER[:-1]]


@pytest.mark.parametrize("step", ANSWERS)
def test_the_few_answers_that_are_needed_make_settings(step: str) -> None:
    assert answers.missing(step, ANSWERS[step], {}) == []
    found(step, ANSWERS[step])


@pytest.mark.parametrize("key", WRONG)
def test_a_wrong_answer_is_told_at_its_question(key: str) -> None:
    """The field is named, with what was expected; nothing is told of other fields."""
    step = next(step for step, fields in steps.FIELDS.items() if key in {one.key for one in fields})
    with pytest.raises(Invalid) as refused:
        found(step, answered(step, key) | {key: WRONG[key]})
    by_key, rest = answers.asked(step, refused.value.problems)
    assert set(by_key) == {key} and rest == []
    shown = views.view(step, "en", {}, answered(step, key) | {key: WRONG[key]}, problems=by_key)
    assert [one.key for one in shown.fields if one.problem.startswith("Expected: ")] == [key]


@pytest.mark.parametrize(
    ("have", "proposed"),
    [
        ({}, "true"),
        ({"company": {"name": "Orlik"}}, "true"),
        ({"channels": {"telegram": {"token": "1000:t"}}}, "false"),
        ({"quiet": True, "channels": {"telegram": {"token": "1000:t"}}}, "true"),
        ({"quiet": False}, "false"),
    ],
    ids=["empty", "named", "in use", "quiet", "live"],
)
def test_a_new_hub_is_proposed_to_begin_quietly_and_one_in_use_to_stay_as_it_is(
    have: dict[str, Any], proposed: str
) -> None:
    """B-11: and Save without a look at that question changes nothing of a hub in use."""
    shown = views.view(steps.COMPANY, "en", have)
    assert next(one.value for one in shown.fields if one.key == "quiet") == proposed


@pytest.mark.parametrize(("written", "is_quiet"), [("true", True), ("false", False)])
def test_quiet_is_written_as_the_hub_reads_it(tmp_path: Path, written: str, is_quiet: bool) -> None:
    """At the top of the file, whatever tables stand in it already; a script that does not say it leaves it."""
    file = tmp_path / "centrala.toml"
    file.write_text("# Ours\n[web]\nport = 8081  # ours too\n")
    writing.write(file, answers.changes(steps.COMPANY, ANSWERS[steps.COMPANY] | {"quiet": written}, {}))
    assert settings.load(file).quiet is is_quiet
    assert "# Ours" in file.read_text() and "8081  # ours too" in file.read_text()
    writing.write(file, answers.changes(steps.COMPANY, ANSWERS[steps.COMPANY], {}))
    assert settings.load(file).quiet is is_quiet


def test_what_is_needed_is_asked_for_and_a_secret_that_is_set_may_stay() -> None:
    needed = [one.key for one in steps.FIELDS[steps.SMS] if one.is_needed]
    assert [one.field for one in answers.missing(steps.SMS, {}, {})] == needed
    have = {"channels": {"sms": {"auth_token": "hush-hush"}}}
    blank = ANSWERS[steps.SMS] | {"channels.sms.auth_token": " "}
    assert answers.missing(steps.SMS, blank, have) == []
    assert "channels.sms.auth_token" not in answers.changes(steps.SMS, blank, have)


def test_mail_servers_are_guessed_and_what_is_written_wins() -> None:
    mail = found(steps.EMAIL, ANSWERS[steps.EMAIL]).channels["email"]
    assert (mail.imap[0].host, mail.smtp.host, mail.smtp.port) == ("imap.gmail.com", "smtp.gmail.com", 465)
    assert mail.imap[0].user == mail.smtp.user == "biuro@gmail.com"
    assert mail.smtp.password.get_secret_value() == "hush"
    own = {"channels.email.imap.0.host": "mail.gmx.net", "channels.email.imap.0.user": "biuro"}
    mail = found(steps.EMAIL, ANSWERS[steps.EMAIL] | own).channels["email"]
    assert (mail.imap[0].host, mail.smtp.host, mail.smtp.user) == ("mail.gmx.net", "smtp.gmail.com", "biuro")


def test_a_mailbox_at_microsoft_is_signed_in_to_there_unless_a_password_is_given() -> None:
    """M-8: who leaves the way of signing in open is asked for the application, not for a password."""
    address = {"channels.email.address": "biuro@outlook.com"}
    assert [one.field for one in answers.missing(steps.EMAIL, address, {})] == ["channels.email.oauth.client_id"]
    mail = found(steps.EMAIL, address | {"channels.email.oauth.client_id": "client"}).channels["email"]
    assert (mail.oauth.provider, mail.imap[0].by_token, mail.smtp.by_token) == ("microsoft", True, True)
    shown = views.view(steps.EMAIL, "en", {}, address)
    assert next(one.value for one in shown.fields if one.key == steps.WAY) == "microsoft"
    assert found(steps.EMAIL, address | {"channels.email.imap.0.password": "hush"}).channels["email"].oauth is None


@pytest.mark.parametrize(
    ("chosen", "more", "imap", "smtp"),
    [
        ("microsoft", {"tenant": "desk.example"}, "outlook.office365.com", "smtp.office365.com"),
        ("google", {"client_secret": "hush"}, "imap.gmail.com", "smtp.gmail.com"),
    ],
)
def test_a_domain_of_ones_own_has_the_servers_of_who_runs_its_mail(
    chosen: str, more: dict[str, str], imap: str, smtp: str
) -> None:
    written = {"channels.email.address": "help@desk.example", steps.WAY: chosen, f"{steps.OAUTH}.client_id": "client"}
    written |= {f"{steps.OAUTH}.{key}": value for key, value in more.items()}
    assert answers.missing(steps.EMAIL, written, {}) == []
    mail = found(steps.EMAIL, written).channels["email"]
    assert (mail.imap[0].host, mail.smtp.host, mail.imap[0].user) == (imap, smtp, "help@desk.example")


def test_one_way_of_signing_in_takes_the_place_of_the_other() -> None:
    """What the other needs is gone from the file, and may be kept by leaving it empty."""
    address = {"channels.email.address": "biuro@gmail.com"}
    google = {steps.WAY: "google", f"{steps.OAUTH}.client_id": "client", f"{steps.OAUTH}.client_secret": "hush"}
    password = {steps.WAY: "password", "channels.email.imap.0.password": "hush"}
    have: dict[str, Any] = {}
    for written in (password, google, {}, password):
        have = writing.changed(have, answers.changes(steps.EMAIL, address | written, have))
        mail = settings.check(have).channels["email"]
        assert (mail.oauth is None) == (written == password) == (not mail.imap[0].by_token)
    assert "oauth" not in have["channels"]["email"]


def test_another_address_has_other_servers_and_the_same_one_keeps_its_own() -> None:
    have = writing.changed({}, answers.changes(steps.EMAIL, ANSWERS[steps.EMAIL], {}))
    have = writing.changed(have, {"channels.email.smtp.host": "relay.desk.example"})
    same = found(steps.EMAIL, {"channels.email.address": "biuro@gmail.com"}, have).channels["email"]
    assert same.smtp.host == "relay.desk.example" and same.smtp.password.get_secret_value() == "hush"
    other = found(steps.EMAIL, {"channels.email.address": "biuro@wp.pl"}, have).channels["email"]
    assert (other.smtp.host, other.imap[0].user) == ("smtp.wp.pl", "biuro@wp.pl")


@pytest.mark.parametrize(
    ("sender", "public", "receive", "service"),
    [
        ("+48600123456", "", "poll", ""),
        ("+48600123456", "https://desk.example", "webhook", ""),
        (SERVICE, "", "poll", SERVICE),
        ("Orlik", "", "poll", ""),
    ],
)
def test_texts_are_polled_for_unless_the_hub_has_an_address(
    sender: str, public: str, receive: str, service: str
) -> None:
    written = ANSWERS[steps.SMS] | {"channels.sms.sender": sender, "web.public_url": public}
    sms = found(steps.SMS, written).channels["sms"]
    assert (sms.receive, sms.messaging_service_sid, sms.sender) == (receive, service, "" if service else sender)


def test_a_service_takes_the_place_of_a_number() -> None:
    have = writing.changed({}, answers.changes(steps.SMS, ANSWERS[steps.SMS], {}))
    sms = found(steps.SMS, ANSWERS[steps.SMS] | {"channels.sms.sender": SERVICE}, have).channels["sms"]
    assert (sms.sender, sms.messaging_service_sid) == ("", SERVICE)


@pytest.mark.parametrize(
    ("step", "more", "public", "said"),
    [
        (steps.EMAIL, {}, "", "app password"),
        (steps.EMAIL, {"channels.email.address": "a@live.com"}, "", "choose Microsoft"),
        (steps.EMAIL, {"channels.email.address": "a@desk.example"}, "", "are a guess"),
        (steps.SMS, {}, "", "every 15 seconds"),
        (
            steps.SMS,
            {"web.public_url": "https://d.example"},
            "https://d.example",
            "https://d.example/channels/sms/message",
        ),
        (steps.SMS, {"channels.sms.sender": "Orlik"}, "", "nobody can answer it"),
    ],
)
def test_what_is_worth_knowing_is_said(step: str, more: dict[str, str], public: str, said: str) -> None:
    changes = answers.changes(step, ANSWERS[step] | more, {})
    assert said in " ".join(notes.about(step, changes, public_url=public, language="en"))


def test_no_secret_is_in_a_view(tmp_path: Path) -> None:
    """S21: neither one that is set nor one that was typed."""
    for step, written in ANSWERS.items():
        have = writing.changed({}, answers.changes(step, written, {}))
        wrong = {key: Problem(key, "x") for key in written}
        for shown in (views.view(step, "en", have), views.view(step, "en", {}, written, problems=wrong)):
            assert "hush" not in repr(shown) and "token-of-a-test" not in repr(shown)
