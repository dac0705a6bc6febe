"""What is worth knowing about a step's answers: servers guessed, what a provider wants, where messages go. Pure."""

from __future__ import annotations

from collections.abc import Mapping

from hub.setup import guess, steps
from kernel import texts

MESSAGES = "/channels/sms/message"  # Twilio brings messages here


def about(step: str, changes: Mapping[str, object], *, public_url: str, language: str) -> tuple[str, ...]:
    """Sentences about the keys that a step sets."""
    if step == steps.EMAIL:
        return _mail(changes, language)
    if step == steps.SMS:
        return _texts(changes, public_url, language)
    return ()


def _mail(changes: Mapping[str, object], language: str) -> tuple[str, ...]:
    found = guess.servers(str(changes.get("channels.email.address", "")), str(changes.get(steps.WAY, "")))
    reading, sending = _server(changes, steps.IMAP), _server(changes, steps.SMTP)
    said = []
    if reading and sending:
        said.append(
            texts.say(language, "Reading by {reading}, sending by {sending}.", reading=reading, sending=sending)
        )
    if found and found.is_guess and reading.startswith(found.imap.host):
        said.append(
            texts.say(
                language, "These servers are a guess. If they do not answer, ask who runs the mail of your domain."
            )
        )
    is_password = not changes.get(steps.WAY)
    if found and found.wants == guess.APP_PASSWORD and is_password:
        said.append(
            texts.say(
                language,
                "This provider wants an app password: make one in the security settings of the mailbox and paste it "
                "here in place of your usual password.",
            )
        )
    if found and found.wants == guess.BY_BROWSER and is_password:
        said.append(
            texts.say(
                language, "Microsoft takes no passwords from programs: choose Microsoft as the way of signing in."
            )
        )
    return tuple(said)


def _texts(changes: Mapping[str, object], public_url: str, language: str) -> tuple[str, ...]:
    sender = str(changes.get("channels.sms.sender") or "")
    said = []
    if any(letter.isalpha() for letter in sender):
        said.append(texts.say(language, "This sender is a name: nobody can answer it. With a number people can."))
    if changes.get("channels.sms.receive") == "poll":
        said.append(texts.say(language, "Messages are asked for every 15 seconds: no public address is needed."))
    elif public_url:
        said.append(
            texts.say(
                language,
                "In Twilio's console, at the number, under Messaging, set A message comes in to {address} (HTTP POST).",
                address=f"{public_url}{MESSAGES}",
            )
        )
    return tuple(said)


def _server(changes: Mapping[str, object], place: str) -> str:
    host, port = changes.get(f"{place}.host"), changes.get(f"{place}.port")
    return f"{host}:{port}" if host and port else str(host or "")
