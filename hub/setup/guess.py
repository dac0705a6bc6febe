"""Guesses the mail servers of an address, from what large providers publish. Pure; nothing is asked of the network."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

Tls = Literal["starttls", "implicit"]
APP_PASSWORD, BY_BROWSER = "app password", "by browser"  # what a provider wants instead of the usual password


class Server(Struct, frozen=True):
    host: str
    port: int
    tls: Tls


class Servers(Struct, frozen=True):
    """Where mail is read and sent.

    `is_guess`: made up from the domain, or not published by the provider.
    `wants`: APP_PASSWORD, BY_BROWSER, or "" for the usual one.
    """

    imap: Server
    smtp: Server
    is_guess: bool = False
    wants: str = ""


def servers(address: str, provider: str = "") -> Servers | None:
    """The servers for an address as typed; None if it is none. `provider`: who is said to run an unknown domain."""
    local, at, domain = address.strip().rpartition("@")
    domain = domain.rstrip(".").lower()
    if not local or not at or "." not in domain:
        return None
    known = _DOMAINS.get(domain) or _AT_WORK.get(provider)
    return _KNOWN[known] if known else _servers(f"imap.{domain}", f"smtp.{domain}", 587, is_guess=True)


def _servers(imap: str, smtp: str, smtp_port: int, *, is_guess: bool = False, wants: str = "") -> Servers:
    """Mailboxes at 993 with TLS from the first byte (RFC 8314); sending at 465 likewise, or at 587 with STARTTLS."""
    tls: Tls = "implicit" if smtp_port == 465 else "starttls"
    return Servers(Server(imap, 993, "implicit"), Server(smtp, smtp_port, tls), is_guess, wants)


# provider → its servers, as its help pages name them
_KNOWN = {
    "google": _servers("imap.gmail.com", "smtp.gmail.com", 465, wants=APP_PASSWORD),
    "microsoft": _servers("outlook.office365.com", "smtp-mail.outlook.com", 587, wants=BY_BROWSER),
    "microsoft work": _servers("outlook.office365.com", "smtp.office365.com", 587, wants=BY_BROWSER),
    "seznam": _servers("imap.seznam.cz", "smtp.seznam.cz", 465),
    "wp": _servers("imap.wp.pl", "smtp.wp.pl", 465),
    "o2": _servers("poczta.o2.pl", "poczta.o2.pl", 465),
    "onet": _servers("imap.poczta.onet.pl", "smtp.poczta.onet.pl", 465),
    "interia": _servers("poczta.interia.pl", "poczta.interia.pl", 465),
    "centrum": _servers("imap.centrum.sk", "smtp.centrum.sk", 465, is_guess=True),
    "zoznam": _servers("imap.zoznam.sk", "smtp.zoznam.sk", 465, is_guess=True),
    "azet": _servers("imap.azet.sk", "smtp.azet.sk", 465, is_guess=True),
    "freemail": _servers("imap.freemail.hu", "smtp.freemail.hu", 465),
    "citromail": _servers("imap.citromail.hu", "smtp.citromail.hu", 465, is_guess=True),
    "t-online.hu": _servers("imap.t-online.hu", "mail.t-online.hu", 465, is_guess=True),
    "mail.ru": _servers("imap.mail.ru", "smtp.mail.ru", 465, wants=APP_PASSWORD),
    "yandex": _servers("imap.yandex.com", "smtp.yandex.com", 465, wants=APP_PASSWORD),
    "icloud": _servers("imap.mail.me.com", "smtp.mail.me.com", 587, wants=APP_PASSWORD),
    "fastmail": _servers("imap.fastmail.com", "smtp.fastmail.com", 465, wants=APP_PASSWORD),
    "zoho": _servers("imap.zoho.com", "smtp.zoho.com", 465, wants=APP_PASSWORD),
    "zoho.eu": _servers("imap.zoho.eu", "smtp.zoho.eu", 465, wants=APP_PASSWORD),
    "yahoo": _servers("imap.mail.yahoo.com", "smtp.mail.yahoo.com", 465, wants=APP_PASSWORD),
    "gmx": _servers("imap.gmx.net", "mail.gmx.net", 587, wants=APP_PASSWORD),
}
_OF = {
    "google": "gmail.com googlemail.com",
    "microsoft": "outlook.com hotmail.com live.com msn.com outlook.sk outlook.hu outlook.cz",
    "microsoft work": "office365.com",
    "seznam": "seznam.cz email.cz post.cz",
    "wp": "wp.pl",
    "o2": "o2.pl tlen.pl go2.pl",
    "onet": "onet.pl op.pl vp.pl onet.eu poczta.onet.pl",
    "interia": "interia.pl interia.eu poczta.fm",
    "centrum": "centrum.sk",
    "zoznam": "zoznam.sk",
    "azet": "azet.sk",
    "freemail": "freemail.hu",
    "citromail": "citromail.hu",
    "t-online.hu": "t-online.hu",
    "mail.ru": "mail.ru inbox.ru list.ru bk.ru",
    "yandex": "yandex.ru yandex.com ya.ru",
    "icloud": "icloud.com me.com mac.com",
    "fastmail": "fastmail.com fastmail.fm",
    "zoho": "zoho.com zohomail.com",
    "zoho.eu": "zoho.eu zohomail.eu",
    "yahoo": "yahoo.com",
    "gmx": "gmx.de gmx.net gmx.at",
}
_AT_WORK = {"microsoft": "microsoft work", "google": "google"}  # for a domain of one's own there
_DOMAINS = {domain: provider for provider, domains in _OF.items() for domain in domains.split()}
