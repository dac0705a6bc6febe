"""What a channel's probe found, in the reader's language. Pure.

Probes speak English, as logs and `centrala check` do; each text here is one that a probe says, with places for what
differs. What a provider said in its own words, and what stands in no line below, stays as it is.
"""

from __future__ import annotations

import re
from functools import lru_cache

from kernel import texts

NAMES = (
    "token",
    "reach",
    "receiving",
    "staff chat",
    "account",
    "sender",
    "delivery reports",
    "sending",
    "smtp connect",
    "smtp tls",
    "smtp sign in",
    "smtp send",
    "imap connect",
    "imap tls",
    "imap sign in",
    "imap folder",
)
SAID = (
    "no answer ({kind})",
    "HTTP {status}, and no answer of the Bot API",
    "polling",
    "polling; another program has set a webhook ({url}); `centrala run` takes it over",
    "none set: cards go to each colleague's own chat with the bot",
    "not Twilio's API",
    "signed in, {count} token(s) good for callbacks",
    "a messaging service; polled",
    "a name or short code: answers cannot come back to a name",
    "the number is none of this account",
    "the number is ours; messages are polled for",
    "the number is ours; its messages go to {url}",
    "the number's webhook uses GET",
    "the number is ours and its messages come here",
    "called back at {url}",
    "asked for with the message list",
    "not set",
    "as {address}",
    "the server hung up",
    "{folder}: {count} mails, next is {uid}",
    "no TLS",
    "{server}, no TLS",
    "nobody has signed in yet: {do}",
    "the sign-in has ended ({code}): {do}",
    "the sign-in has ended: {do}",
    "{file} holds no sign-in: {do}",
    "{file} cannot be read ({cause}): see its owner and mode",
    "{provider} refuses this application ({code}): see {settings} in [channels.email.oauth]",
    "signed in to another client_id than the settings name: {do}",
    "signed in {day}, last renewed {at} UTC; ends on {end}, used or not",
    "signed in {day}, last renewed {at} UTC; ends on {end} if it is not used until then",
    "signed in {day}, last renewed {at} UTC",
)
TODO = (
    "paste the token again from @BotFather (/mybots, API Token)",
    "this machine does not reach the Bot API at {url}: see api_url, network, proxy and name server",
    "try again in a minute",
    "copy Account SID and Auth Token again from {console}",
    "see api_url",
    "see {console}, Phone Numbers",
    "buy it, or set sender to one of {console}'s list",
    "at the number, under Messaging, set 'A message comes in' to {url} (HTTP POST)",
    "set it to HTTP POST",
    "see user and password; many providers want an app password",
    "see host and port, and whether this machine may reach them",
    "see host, port and tls, and whether this machine may reach them",
    "see user and password; many providers want an app password and IMAP switched on",
    "see folder: a name as the server has it, for example INBOX",
    "see user, the permissions of the application, and whether the mailbox allows IMAP and SMTP "
    "(docs/how-to/sign-in-to-microsoft-or-google.md)",
    "sign in: {command}",
    "see whether this machine may reach the provider, and try again",
    "let the server send as channels.email.address, or sign in as its owner",
    "look at the mail server's log",
    'tls is "{mode}": the usual ports are 587 for starttls, 465 and 993 for implicit; name the server as its '
    "certificate does, or trust its authority with certificates",
)
_PLACE = re.compile(r"\\\{(\w+)\\\}")


def name(language: str, step: str) -> str:
    """A step's name."""
    return texts.say(language, NAMES[NAMES.index(step)]) if step in NAMES else step


def said(language: str, found: str) -> tuple[str, bool]:
    """What was found, and whether that could be said in `language`; else it is English, or a provider's own words."""
    number, places = _known(found, SAID)
    if number is None:
        return found, language == "en"
    if "do" in places:
        places["do"] = texts.say(language, "run {command}", command=places["do"].removeprefix("run "))
    return texts.say(language, SAID[number], **places), True


def todo(language: str, found: str) -> tuple[str, bool]:
    """The next step, as `said`."""
    number, places = _known(found, TODO)
    if number is None:
        return found, language == "en"
    return texts.say(language, TODO[number], **places), True


def _known(found: str, known: tuple[str, ...]) -> tuple[int | None, dict[str, str]]:
    """Which text it is, and what stands in its places; the first that fits."""
    for number, text in enumerate(known):
        if match := _form(text).fullmatch(found):
            return number, match.groupdict()
    return None, {}


@lru_cache(maxsize=len(SAID) + len(TODO))
def _form(text: str) -> re.Pattern[str]:
    return re.compile(_PLACE.sub(r"(?P<\1>.+?)", re.escape(text)), re.DOTALL)
