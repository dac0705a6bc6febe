"""`[hooks]` of the settings file: whose webhooks are taken, and where ours go, every mistake told."""

from __future__ import annotations

import base64
import ipaddress
from datetime import timedelta
from typing import Annotated

from pydantic import AfterValidator, Field, SecretStr

from kernel.errors import Misread, Problem
from kernel.phrases import Phrase
from kernel.settings import Duration, Secrets, Section, placed
from webhooks import mapping, outside, signature

SOURCE_NAME_LIMIT = 40  # it stands before what the source sends, in columns of their own length
LEAST_TOKEN = 16  # characters
_NAME = Phrase("a name of at most {limit} characters", limit=SOURCE_NAME_LIMIT)
_EITHER = Phrase("either {one} or {other}", one='secret = "whsec_…"', other='token = "…"')
_KEY = Phrase("base64 of 16 bytes at least, for example {example}", example='"whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"')


def network(text: str) -> str:
    """A network as it is written. Raises ValueError that says what was expected."""
    try:
        ipaddress.ip_network(text)
    except ValueError as error:
        raise ValueError(_network_meant(text)) from error
    return text


def _network_meant(text: str) -> Phrase:
    """An address inside a network is taken for the network too often to be told nothing of it."""
    try:
        meant = ipaddress.ip_network(text, strict=False)
    except ValueError:
        return Phrase("an address or a network, for example {example}", example='"10.0.0.0/8"')
    return Phrase("a network without an address inside it: {network}", network=f'"{meant}"')


class HookSource(Section):
    secret: Secrets = ()
    token: Secrets = ()
    addresses: tuple[Annotated[str, AfterValidator(network)], ...] = ()
    map: str = ""
    confirm: bool = True
    settle: Duration = timedelta(minutes=5)


class HookOut(Section):
    """Where a webhook's posts go. `private`: it stands in our own network."""

    url: str
    secret: SecretStr
    private: bool = False


class Hooks(Section):
    sources: dict[str, HookSource] = Field(default_factory=dict)
    out: dict[str, HookOut] = Field(default_factory=dict)


def check(hooks: Hooks, found: list[Problem]) -> None:
    """Add what is wrong to `found`."""
    _sources(hooks, found)
    _targets(hooks, found)


def _sources(hooks: Hooks, found: list[Problem]) -> None:
    for name, source in hooks.sources.items():
        if len(name) > SOURCE_NAME_LIMIT:
            found.append(Problem(f"hooks.sources.{name}", _NAME, name))
        if bool(source.secret) == bool(source.token):
            found.append(Problem(f"hooks.sources.{name}", _EITHER))
        if not all(_is_key(secret.get_secret_value()) for secret in source.secret):
            found.append(Problem(f"hooks.sources.{name}.secret", _KEY, "(not shown)"))
        for secret in source.secret:
            try:
                signature.key(secret.get_secret_value())
            except Misread as error:
                found.append(placed(error.problem, f"hooks.sources.{name}"))
        short = [token for token in source.token if len(token.get_secret_value()) < LEAST_TOKEN]
        if short:
            found.append(
                Problem(
                    f"hooks.sources.{name}.token",
                    Phrase("at least {limit} characters", limit=LEAST_TOKEN),
                    "(not shown)",
                )
            )
        if source.map.strip():
            found += mapping.check(source.map, field=f"hooks.sources.{name}.map")


def _targets(hooks: Hooks, found: list[Problem]) -> None:
    for name, hook in hooks.out.items():
        key = f"hooks.out.{name}"
        if len(name) > SOURCE_NAME_LIMIT:
            found.append(Problem(key, _NAME, name))
        if expected := outside.expected(hook.url, private=hook.private):
            found.append(Problem(f"{key}.url", expected, "(not shown)"))
        if not _is_key(hook.secret.get_secret_value()):
            found.append(Problem(f"{key}.secret", _KEY, "(not shown)"))


def _is_key(secret: str) -> bool:
    """An empty or short key would let anybody sign."""
    written = secret.removeprefix("whsec_")
    try:
        return len(base64.b64decode(written + "=" * (-len(written) % 4), validate=True)) >= 16
    except ValueError:
        return False
