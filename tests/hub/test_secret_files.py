"""Every secret of the settings can come as a file, as container platforms and systemd's credentials hand them out."""

from __future__ import annotations

import importlib
import typing
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel, SecretStr

from channels import registry
from hub import environment, hook_settings, settings
from hub.settings import Settings
from kernel.errors import Invalid

WHSEC = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
BASE = """
[web]
public_url = "https://desk.example"
[hooks.sources.form]
addresses = ["10.0.0.0/8"]
[hooks.sources.erp]
[hooks.out.pager]
url = "https://pager.example/in"
secret = "whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
[channels.telegram]
mode = "webhook"
token = "555666777:AAplain"
webhook_secret = "0123456789abcdef"
[channels.sms]
account_sid = "AC0123456789abcdef0123456789abcdef"
auth_token = "0123456789abcdef0123456789abcdef"
sender = "+48500100200"
[channels.email]
address = "help@desk.example"
[channels.email.smtp]
host = "smtp.example"
user = "help"
password = "plain"
"""
MAILBOX = {"CENTRALA_CHANNELS__EMAIL__IMAP__HOST": "imap.example", "CENTRALA_CHANNELS__EMAIL__IMAP__USER": "help"}


def _email(loaded: Settings) -> Any:
    return loaded.channels["email"]


# setting → variable, a value, where it arrives
SECRETS: dict[str, tuple[str, str, Callable[[Settings], Any]]] = {
    "Web.metrics_token": ("WEB__METRICS_TOKEN", "figures-for-me", lambda one: one.web.metrics_token),
    "HookSource.secret": ("HOOKS__SOURCES__ERP__SECRET", WHSEC, lambda one: one.hooks.sources["erp"].secret[0]),
    "HookOut.secret": ("HOOKS__OUT__PAGER__SECRET", WHSEC, lambda one: one.hooks.out["pager"].secret),
    "HookSource.token": ("HOOKS__SOURCES__FORM__TOKEN", "t" * 20, lambda one: one.hooks.sources["form"].token[0]),
    "telegram.Settings.token": (
        "CHANNELS__TELEGRAM__TOKEN",
        "123456789:AAfrom_a_file",
        lambda one: one.channels["telegram"].token,
    ),
    "telegram.Settings.webhook_secret": (
        "CHANNELS__TELEGRAM__WEBHOOK_SECRET",
        "fedcba9876543210",
        lambda one: one.channels["telegram"].webhook_secret,
    ),
    "sms.Settings.auth_token": (
        "CHANNELS__SMS__AUTH_TOKEN",
        "fedcba9876543210fedcba9876543210",
        lambda one: one.channels["sms"].auth_token[0],
    ),
    "email.Smtp.password": ("CHANNELS__EMAIL__SMTP__PASSWORD", "smtp-word", lambda one: _email(one).smtp.password),
    "email.Imap.password": ("CHANNELS__EMAIL__IMAP__PASSWORD", "imap-word", lambda one: _email(one).imap[0].password),
}


@pytest.fixture(autouse=True)
def bare(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """No settings of the machine the tests run on."""
    for name in list(settings.os.environ):
        if name.upper().startswith(environment.PREFIX):
            monkeypatch.delenv(name)
    yield


def load(folder: Path) -> Settings:
    text = BASE
    for source, secret in (("form", f'token = "{"x" * 20}"'), ("erp", f'secret = "{WHSEC}"')):
        if f"CENTRALA_HOOKS__SOURCES__{source.upper()}" not in " ".join(settings.os.environ):
            text = text.replace(f"[hooks.sources.{source}]", f"[hooks.sources.{source}]\n{secret}")
    (folder / "centrala.toml").write_text(text)
    return settings.load(folder / "centrala.toml")


@pytest.mark.parametrize("key", SECRETS)
def test_a_secret_comes_as_a_file(key: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With the line's end that an editor leaves, and over what the settings file says."""
    variable, value, found = SECRETS[key]
    if "IMAP" in variable:
        for name, part in MAILBOX.items():
            monkeypatch.setenv(name, part)
    (tmp_path / "secret").write_text(f"{value}\n")
    monkeypatch.setenv(f"{environment.PREFIX}{variable}_FILE", str(tmp_path / "secret"))
    assert found(load(tmp_path)).get_secret_value() == value


@pytest.mark.parametrize("value", ["12345678", "true", "null", '{"a": 1}', "1e5", "[pass]", "with spaces in it", "#x"])
def test_a_password_that_looks_like_something_else_is_a_password(
    value: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Digits alone are a number to JSON, and a password to people."""
    (tmp_path / "secret").write_text(f"{value}\n")
    monkeypatch.setenv("CENTRALA_CHANNELS__EMAIL__SMTP__PASSWORD_FILE", str(tmp_path / "secret"))
    assert _email(load(tmp_path)).smtp.password.get_secret_value() == value


@pytest.mark.parametrize("value", ["12345678", "plain"])
def test_a_password_in_the_environment_itself_is_as_literal(value: str, tmp_path: Path, monkeypatch: Any) -> None:
    monkeypatch.setenv("CENTRALA_CHANNELS__EMAIL__SMTP__PASSWORD", value)
    assert _email(load(tmp_path)).smtp.password.get_secret_value() == value


def test_two_secrets_while_one_is_rotated_are_a_list(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "secret").write_text(f'["{WHSEC}", "{WHSEC}"]\n')
    monkeypatch.setenv("CENTRALA_HOOKS__SOURCES__ERP__SECRET_FILE", str(tmp_path / "secret"))
    assert len(load(tmp_path).hooks.sources["erp"].secret) == 2


def test_every_secret_is_known_as_one() -> None:
    assert {key.rpartition(".")[2] for key in SECRETS} == environment.SECRETS


def test_the_databases_address_comes_as_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It holds a password on PostgreSQL."""
    (tmp_path / "url").write_text("postgresql://centrala:word@postgres/centrala\n")
    monkeypatch.setenv("CENTRALA_DATABASE__URL_FILE", str(tmp_path / "url"))
    assert load(tmp_path).database.url == "postgresql://centrala:word@postgres/centrala"


def test_a_value_and_a_file_for_one_setting_are_a_mistake(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Which one counts would be chance."""
    (tmp_path / "secret").write_text("one-of-them\n")
    monkeypatch.setenv("CENTRALA_WEB__METRICS_TOKEN", "the-other")
    monkeypatch.setenv("CENTRALA_WEB__METRICS_TOKEN_FILE", str(tmp_path / "secret"))
    with pytest.raises(Invalid) as refusal:
        load(tmp_path)
    [problem] = refusal.value.problems
    assert problem.field == "CENTRALA_WEB__METRICS_TOKEN"
    assert "not both" in problem.expected
    assert "one-of-them" not in str(refusal.value.problems) + str(refusal.value)


def test_every_secret_is_tried_here() -> None:
    """A new one must be readable from a file too."""
    own = (settings, hook_settings)
    modules = [*own, *(importlib.import_module(f"channels.{name}.settings") for name in registry.names())]
    found = set()
    for module in modules:
        place = "" if module in own else f"{module.__name__.split('.')[1]}."
        for name, model in vars(module).items():
            if isinstance(model, type) and issubclass(model, BaseModel) and model.__module__ == module.__name__:
                found |= {
                    f"{place}{name}.{key}" for key, one in model.model_fields.items() if _is_secret(one.annotation)
                }
    assert {key for key in found if "._" not in key} == set(SECRETS)


def _is_secret(annotation: Any) -> bool:
    return annotation is SecretStr or any(_is_secret(part) for part in typing.get_args(annotation))
