"""Mail servers guessed from an address: known providers, made-up ones, and what is no address."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from channels.email.settings import Imap, Smtp
from hub.setup import guess


@pytest.mark.parametrize(
    ("address", "imap", "smtp", "port", "tls"),
    [
        ("biuro@gmail.com", "imap.gmail.com", "smtp.gmail.com", 465, "implicit"),
        ("biuro@googlemail.com", "imap.gmail.com", "smtp.gmail.com", 465, "implicit"),
        (" Biuro@Outlook.COM ", "outlook.office365.com", "smtp-mail.outlook.com", 587, "starttls"),
        ("a@seznam.cz", "imap.seznam.cz", "smtp.seznam.cz", 465, "implicit"),
        ("a@wp.pl", "imap.wp.pl", "smtp.wp.pl", 465, "implicit"),
        ("a@o2.pl", "poczta.o2.pl", "poczta.o2.pl", 465, "implicit"),
        ("a@op.pl", "imap.poczta.onet.pl", "smtp.poczta.onet.pl", 465, "implicit"),
        ("a@icloud.com", "imap.mail.me.com", "smtp.mail.me.com", 587, "starttls"),
        ("a@bk.ru", "imap.mail.ru", "smtp.mail.ru", 465, "implicit"),
        ("a@desk.example", "imap.desk.example", "smtp.desk.example", 587, "starttls"),
        ("a@desk.example.", "imap.desk.example", "smtp.desk.example", 587, "starttls"),
    ],
)
def test_servers_of_an_address(address: str, imap: str, smtp: str, port: int, tls: str) -> None:
    found = guess.servers(address)
    assert found is not None
    assert (found.imap.host, found.imap.port, found.imap.tls) == (imap, 993, "implicit")
    assert (found.smtp.host, found.smtp.port, found.smtp.tls) == (smtp, port, tls)


@pytest.mark.parametrize("written", ["", "help", "@desk.example", "help@", "help@localhost"])
def test_what_is_no_address_has_no_servers(written: str) -> None:
    assert guess.servers(written) is None


def test_a_guess_is_marked_and_a_known_provider_says_what_it_wants() -> None:
    made_up, google, microsoft = (guess.servers(f"a@{domain}") for domain in ("desk.example", "gmail.com", "live.com"))
    assert made_up and made_up.is_guess and made_up.wants == ""
    assert google and not google.is_guess and google.wants == guess.APP_PASSWORD
    assert microsoft and microsoft.wants == guess.BY_BROWSER


@given(st.from_regex(r"[a-z]{1,8}@[a-z]{1,8}(\.[a-z]{2,5}){1,2}", fullmatch=True))
def test_every_guess_is_one_that_the_settings_take(address: str) -> None:
    found = guess.servers(address)
    assert found is not None
    Imap.model_validate(
        {"host": found.imap.host, "port": found.imap.port, "tls": found.imap.tls, "user": "a", "password": "b"}
    )
    Smtp.model_validate({"host": found.smtp.host, "port": found.smtp.port, "tls": found.smtp.tls})
