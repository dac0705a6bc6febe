"""Setting up as a story told in data: its steps, what each asks, and the words for it. Pure."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from zoneinfo import available_timezones

from msgspec import Struct

from kernel import texts

LANGUAGE, COMPANY, TELEGRAM, EMAIL, SMS, COLLEAGUE = "language", "company", "telegram", "email", "sms", "colleague"
ORDER = (LANGUAGE, COMPANY, TELEGRAM, EMAIL, SMS, COLLEAGUE)
CHANNELS = (TELEGRAM, EMAIL, SMS)
IMAP, SMTP = "channels.email.imap.0", "channels.email.smtp"
OAUTH = "channels.email.oauth"
WAY = f"{OAUTH}.provider"
PASSWORD, MICROSOFT, GOOGLE = "password", "microsoft", "google"
QUIET = "quiet"
YES, NO = "true", "false"  # as the file has them
PUBLIC = "web.public_url"
TLS = ("implicit", "starttls", "none")
CITIES = "Warsaw Bratislava Budapest Prague Vienna Berlin London Kyiv Vilnius Riga Bucharest Zagreb Ljubljana Moscow"
NEAR = tuple(f"Europe/{city}" for city in CITIES.split())
CONTINENTS = ("Africa", "America", "Asia", "Atlantic", "Australia", "Europe", "Indian", "Pacific")


class Field(Struct, frozen=True):
    """A question. `key`: its setting in the file, or what begins with "staff." and is kept elsewhere.

    `rare`: most people leave it alone, it is guessed or has a default; `choices`: what may be chosen, nothing else;
    `suggested`: what is likely, offered while one writes; `ways`: of signing in that need the answer, () all.
    """

    key: str
    example: str = ""
    is_secret: bool = False
    is_needed: bool = False
    rare: bool = False
    choices: tuple[str, ...] = ()
    suggested: Callable[[], tuple[str, ...]] = tuple
    ways: tuple[str, ...] = ()


@lru_cache(maxsize=1)
def zones() -> tuple[str, ...]:
    """Time zones by name, those of our countries and their neighbours first."""
    known = {name for name in available_timezones() if name.split("/")[0] in CONTINENTS and "/" in name}
    return (*(name for name in NEAR if name in known), *sorted(known - set(NEAR)), "UTC")


FIELDS: dict[str, tuple[Field, ...]] = {
    LANGUAGE: (Field("company.language", is_needed=True, choices=texts.LANGUAGES),),
    COMPANY: (
        Field("company.name", "Orlik Sp. z o.o.", is_needed=True),
        Field("company.zone", "Europe/Warsaw", suggested=zones),
        Field(QUIET, choices=(YES, NO)),
    ),
    TELEGRAM: (
        Field("channels.telegram.token", "123456789:AA…", is_secret=True, is_needed=True),
        Field("channels.telegram.api_url", "https://api.telegram.org", rare=True),
    ),
    EMAIL: (
        Field("channels.email.address", "help@desk.example", is_needed=True),
        Field(WAY, choices=(PASSWORD, MICROSOFT, GOOGLE)),
        Field(f"{IMAP}.password", is_secret=True, is_needed=True, ways=(PASSWORD,)),
        Field(f"{OAUTH}.client_id", is_needed=True, ways=(MICROSOFT, GOOGLE)),
        Field(f"{OAUTH}.tenant", "desk.example", ways=(MICROSOFT,)),
        Field(f"{OAUTH}.client_secret", is_secret=True, is_needed=True, ways=(GOOGLE,)),
        Field(f"{OAUTH}.user", "anna@desk.example", rare=True, ways=(MICROSOFT, GOOGLE)),
        Field(f"{IMAP}.user", rare=True),
        Field(f"{IMAP}.host", "imap.desk.example", rare=True),
        Field(f"{IMAP}.port", "993", rare=True),
        Field(f"{IMAP}.tls", rare=True, choices=TLS),
        Field(f"{SMTP}.host", "smtp.desk.example", rare=True),
        Field(f"{SMTP}.port", "587", rare=True),
        Field(f"{SMTP}.tls", rare=True, choices=TLS),
        Field(f"{OAUTH}.device_url", rare=True, ways=(MICROSOFT,)),
        Field(f"{OAUTH}.authorize_url", rare=True, ways=(GOOGLE,)),
        Field(f"{OAUTH}.token_url", rare=True, ways=(MICROSOFT, GOOGLE)),
    ),
    SMS: (
        Field("channels.sms.account_sid", "AC0123456789abcdef0123456789abcdef", is_needed=True),
        Field("channels.sms.auth_token", is_secret=True, is_needed=True),
        Field("channels.sms.sender", "+48600123456", is_needed=True),
        Field(PUBLIC, "https://desk.example", rare=True),
        Field("channels.sms.api_url", "https://api.twilio.com", rare=True),
    ),
    COLLEAGUE: (
        Field("staff.name", "Marek", is_needed=True),
        Field("staff.telegram", "123456789", rare=True),
        Field("staff.phone", "+48600123456", rare=True),
        Field("staff.email", "marek@desk.example", rare=True),
    ),
}
NAMES = {"en": "English", "pl": "Polski", "sk": "Slovenčina", "hu": "Magyar", "ru": "Русский"}  # each in its own words

_TITLES = {
    LANGUAGE: "Language",
    COMPANY: "Your company",
    TELEGRAM: "Telegram",
    EMAIL: "E-mail",
    SMS: "SMS",
    COLLEAGUE: "The first colleague",
}
_INTROS = {
    LANGUAGE: "Which language shall we speak?",
    COMPANY: "Who are you, and by which clock do you work?",
    TELEGRAM: "In Telegram, write /newbot to @BotFather, choose a name, and paste here the token that it gives you.",
    EMAIL: "The address at which customers write to you. Mail that is there already is left alone.",
    SMS: "The account and its token stand on the first page of Twilio's console. No public address is needed.",
    COLLEAGUE: "The administrator comes first: he can invite everybody else.",
}
_LABELS = {
    "company.language": "Language",
    "company.name": "Name of your company",
    "company.zone": "Time zone",
    "quiet": "Begin in quiet mode",
    "channels.telegram.token": "Token of the bot",
    "channels.telegram.api_url": "Bot API server",
    "channels.email.address": "E-mail address",
    "channels.email.oauth.provider": "Way of signing in",
    "channels.email.imap.0.password": "Password of the mailbox",
    "channels.email.oauth.client_id": "Application (client) ID",
    "channels.email.oauth.tenant": "Directory (tenant) ID",
    "channels.email.oauth.client_secret": "Client secret",
    "channels.email.oauth.user": "Who signs in",
    "channels.email.oauth.device_url": "Server that gives the code",
    "channels.email.oauth.authorize_url": "Page for signing in",
    "channels.email.oauth.token_url": "Server that gives the token",
    "channels.email.imap.0.user": "User name",
    "channels.email.imap.0.host": "Server for reading (IMAP)",
    "channels.email.imap.0.port": "Port for reading",
    "channels.email.imap.0.tls": "Encryption for reading",
    "channels.email.smtp.host": "Server for sending (SMTP)",
    "channels.email.smtp.port": "Port for sending",
    "channels.email.smtp.tls": "Encryption for sending",
    "channels.sms.account_sid": "Account SID",
    "channels.sms.auth_token": "Auth Token",
    "channels.sms.sender": "Sender",
    "web.public_url": "Public address of this hub",
    "channels.sms.api_url": "Server of Twilio's API",
    "staff.name": "Name of the administrator",
    "staff.telegram": "Telegram user id",
    "staff.phone": "Phone number",
    "staff.email": "E-mail address of the administrator",
}
_HELP = {
    "company.name": "As customers know it.",
    "company.zone": "Opening hours and due times follow its clocks.",
    "quiet": "Everything comes in and shows, and nothing leaves except to colleagues, until you go live.",
    "channels.telegram.token": "Digits, a colon, letters. Who has it speaks as your bot: it is shown to nobody.",
    "channels.telegram.api_url": "Only if you run a Bot API server of your own.",
    "channels.email.oauth.provider": "If left empty: Microsoft for an address at Microsoft, else a password. At "
    "Microsoft and Google you sign in on their own page.",
    "channels.email.oauth.client_id": "Register the hub once. Microsoft: Entra admin center, App registrations, "
    "Overview. Google: Cloud console, Clients, type Desktop app. Each step stands in "
    "docs/how-to/sign-in-to-microsoft-or-google.md.",
    "channels.email.oauth.tenant": "From the same page. If left empty: common, for an application that every directory "
    "may use.",
    "channels.email.oauth.client_secret": "Google shows it beside the client ID.",
    "channels.email.oauth.user": "If left empty: the address. For a shared mailbox: a colleague who may read it and "
    "send as it does.",
    "channels.email.oauth.device_url": "Only for another server than the provider's usual one.",
    "channels.email.oauth.authorize_url": "Only for another server than the provider's usual one.",
    "channels.email.oauth.token_url": "Only for another server than the provider's usual one.",
    "channels.email.imap.0.password": "Large providers want an app password, made in the settings of the mailbox.",
    "channels.email.imap.0.user": "If left empty: the address.",
    "channels.email.imap.0.host": "If left empty: guessed from the address.",
    "channels.sms.sender": "A number of your account, a short code, a name of at most 11 letters, or a messaging "
    "service (MG…). Nobody can answer a name.",
    "web.public_url": "If others can reach this hub at an address, Twilio brings messages there at once. If left "
    "empty, the hub asks for them every 15 seconds.",
    "channels.sms.api_url": "Only for another server that speaks Twilio's API.",
    "staff.name": "As customers and colleagues read it.",
    "staff.telegram": "If left empty, you get a link by which the administrator introduces himself.",
}
_EXPECTED = {
    "company.language": "one of the languages",
    "company.name": "a name of at most 120 characters",
    "company.zone": "a time zone of the list, for example Europe/Warsaw: a continent, a stroke and a city",
    "quiet": "one of the choices",
    "channels.telegram.token": "the token as @BotFather gives it: digits, a colon, letters; copy all of it",
    "channels.telegram.api_url": "an address that begins with https://",
    "channels.email.address": "one e-mail address such as help@desk.example, without a plus sign",
    "channels.email.oauth.provider": "one of the choices",
    "channels.email.imap.0.password": "the password of the mailbox",
    "channels.email.oauth.client_id": "the ID of the application that you have registered at the provider, without "
    "spaces",
    "channels.email.oauth.tenant": "the Directory (tenant) ID of the application, or common",
    "channels.email.oauth.client_secret": "the secret that Google shows beside the client ID",
    "channels.email.oauth.user": "the e-mail address of who signs in",
    "channels.email.oauth.device_url": "an address that begins with https://",
    "channels.email.oauth.authorize_url": "an address that begins with https://",
    "channels.email.oauth.token_url": "an address that begins with https://",
    "channels.email.imap.0.user": "the name by which you sign in to the mailbox",
    "channels.email.imap.0.host": "the name of a mail server such as imap.desk.example",
    "channels.email.imap.0.port": "a number from 1 to 65535; most servers have 993",
    "channels.email.imap.0.tls": "one of the choices",
    "channels.email.smtp.host": "the name of a mail server such as smtp.desk.example",
    "channels.email.smtp.port": "a number from 1 to 65535; most servers have 587 or 465",
    "channels.email.smtp.tls": "one of the choices",
    "channels.sms.account_sid": "AC and 32 characters, from the first page of Twilio's console",
    "channels.sms.auth_token": "the Auth Token beside the Account SID; press Show there and copy it",
    "channels.sms.sender": "a number like +48600123456, a short code, a name of at most 11 letters, or MG and 32 "
    "characters",
    "web.public_url": "an address that begins with https://",
    "channels.sms.api_url": "an address that begins with https://",
    "staff.name": "a name of at most 120 characters",
    "staff.telegram": "the numeric user id; writing /id to the bot tells it",
    "staff.phone": "an international number, for example +48600123456",
    "staff.email": "one e-mail address such as marek@desk.example",
}
_CHOICES = {
    YES: "Yes, customers get nothing yet",
    NO: "No, answers leave at once",
    "implicit": "TLS",
    "starttls": "STARTTLS",
    "none": "none, only on this machine or network",
    PASSWORD: "Password",
    MICROSOFT: "Microsoft",
    GOOGLE: "Google",
}


def after(step: str) -> str:
    """The step that follows; "" after the last."""
    place = ORDER.index(step) + 1
    return ORDER[place] if place < len(ORDER) else ""


def before(step: str) -> str:
    place = ORDER.index(step)
    return ORDER[place - 1] if place else ""


def field(key: str) -> Field:
    """Raises KeyError for what no step asks."""
    return {one.key: one for fields in FIELDS.values() for one in fields}[key]


def title(step: str, language: str) -> str:
    return texts.say(language, _TITLES[step])


def intro(step: str, language: str) -> str:
    return texts.say(language, _INTROS[step])


def label(key: str, language: str) -> str:
    return texts.say(language, _LABELS[key])


def help_text(key: str, language: str) -> str:
    return texts.say(language, _HELP[key]) if key in _HELP else ""


def expected(key: str, language: str) -> str:
    """What was expected of a wrong answer, and where it is found."""
    return texts.say(language, _EXPECTED[key])


def choice(key: str, value: str, language: str) -> str:
    """A choice as a person reads it."""
    return texts.say(language, _CHOICES[value]) if value in _CHOICES else NAMES.get(value, value)
