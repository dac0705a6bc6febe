"""Dockerfile, compose.yaml and units say what this program does: every path, command and setting in them exists."""

from __future__ import annotations

import ast
import importlib.util
import re
import shlex
import shutil
import subprocess
import tomllib
from pathlib import Path

import crossplane
import pytest

from console import receiving, uploads
from hub import environment
from hub.cli import COMMANDS
from hub.settings import _File
from tests.deploy import written
from tests.deploy.written import DEPLOY, ROOT

UNITS = ("centrala.service", "centrala-migrate.service")
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())


def packages() -> set[str]:
    return {name.rstrip("*") for name in PROJECT["tool"]["setuptools"]["packages"]["find"]["include"]}


# -- the image -----------------------------------------------------------------------------------------------------


def test_the_base_is_pinned_and_the_same_in_both_stages() -> None:
    bases = [rest.split()[0] for word, rest in written.instructions() if word == "FROM"]
    assert len(set(bases)) == 1
    assert re.fullmatch(r"python:3\.11\.\d+-slim-\w+", bases[0])


def test_every_package_and_nothing_else_is_copied() -> None:
    copied = [rest.split() for word, rest in written.instructions() if word == "COPY" and "--from" not in rest]
    sources = {source for words in copied for source in words[:-1]}
    assert sources == packages() | {
        "pyproject.toml",
        PROJECT["project"]["readme"],
        *PROJECT["project"]["license-files"],
    }
    assert [source for source in sources if not (ROOT / source).exists()] == []


def test_the_build_sees_what_is_copied_and_no_secret_or_data() -> None:
    lines = (ROOT / ".dockerignore").read_text().splitlines()
    rules = [line for line in lines if line and not line.startswith("#")]
    assert rules[0] == "*"
    let_in = {rule[1:] for rule in rules if rule.startswith("!")}
    assert let_in == packages() | {"pyproject.toml", "README.md", "LICENSE"}


def test_no_secret_gets_into_a_layer() -> None:
    told = [rest for word, rest in written.instructions() if word in ("ARG", "ENV")]
    assert [rest for rest in told if re.search(r"token|secret|password|url", rest, re.IGNORECASE)] == []


def test_the_image_runs_as_a_user_of_a_fixed_number_who_owns_the_data_folder() -> None:
    user, data = written.only("USER"), written.only("VOLUME")
    assert re.fullmatch(r"\d{4,}:\d{4,}", user)
    uid, gid = user.split(":")
    made = next(rest for word, rest in written.last_stage() if word == "RUN")
    assert f"useradd --uid {uid} --gid {gid}" in made
    assert f"--owner {uid} --group {gid} --mode 0750 {data}" in made
    assert written.only("WORKDIR") == data == "/data"


def test_the_image_ends_as_the_hub_ends() -> None:
    assert written.only("STOPSIGNAL") == "SIGTERM"
    [program] = written.exec_form("ENTRYPOINT")
    assert program in PROJECT["project"]["scripts"]
    assert [word for word in written.exec_form("CMD") if word not in COMMANDS] == []


def test_the_health_check_is_the_programs_own() -> None:
    words = written.health_check()
    assert words[:3] == ["python", "-I", "-m"]
    assert importlib.util.find_spec(words[3]) is not None
    assert written.only("EXPOSE") == written.environment()["CENTRALA_WEB__PORT"]


def test_settings_in_the_image_are_settings() -> None:
    ours = {name: value for name, value in written.environment().items() if name.startswith(environment.PREFIX)}
    assert ours
    assert environment.misspelt(ours, _File.model_fields) == []


def test_the_image_has_the_tools_of_its_server() -> None:
    """pg_dump must be of the server's version or later: `centrala backup` and `migrate` call it."""
    installed = " ".join(rest for word, rest in written.last_stage() if word == "RUN")
    [client] = re.findall(r"postgresql-client-(\d+)", installed)
    [server] = re.findall(r"postgres:(\d+)$", written.compose()["services"]["postgres"]["image"])
    assert int(client) >= int(server)


# -- compose -------------------------------------------------------------------------------------------------------


def test_settings_in_compose_are_settings_and_secrets_come_as_files() -> None:
    hub = written.compose()["services"]["hub"]
    assert environment.misspelt(hub["environment"], _File.model_fields) == []
    files = {name: value for name, value in hub["environment"].items() if name.endswith("_FILE")}
    assert set(files.values()) == {f"/run/secrets/{name}" for name in hub["secrets"]}
    secret = re.compile(r"token|secret|password|url", re.IGNORECASE)
    for service in written.compose()["services"].values():
        assert [key for key in service["environment"] if secret.search(key) and not key.endswith("_FILE")] == []


def test_everything_compose_names_is_declared() -> None:
    found = written.compose()
    for service in found["services"].values():
        assert set(service["secrets"]) <= set(found["secrets"])
        named = [volume.split(":")[0] for volume in service["volumes"] if isinstance(volume, str)]
        assert set(named) <= set(found["volumes"])
        assert service["restart"] == "unless-stopped"
        assert {"max-size", "max-file"} <= set(service["logging"]["options"])


def test_the_hub_in_compose_can_write_to_its_volume_only() -> None:
    hub = written.compose()["services"]["hub"]
    assert hub["read_only"] is True
    assert hub["tmpfs"] == ["/tmp"]
    assert hub["cap_drop"] == ["ALL"]
    assert hub["security_opt"] == ["no-new-privileges:true"]
    data = written.only("VOLUME")
    assert [volume for volume in hub["volumes"] if isinstance(volume, str)] == [f"data:{data}"]
    [settings] = [volume for volume in hub["volumes"] if not isinstance(volume, str)]
    assert (settings["target"], settings["read_only"]) == (f"{data}/centrala.toml", True)
    assert all(port.startswith("127.0.0.1:") for port in hub["ports"])
    assert hub["command"][0] in COMMANDS


def test_the_hub_waits_for_a_database_that_answers() -> None:
    services = written.compose()["services"]
    assert services["hub"]["depends_on"] == {"postgres": {"condition": "service_healthy"}}
    assert services["postgres"]["healthcheck"]["test"][1] == "pg_isready"


def test_the_image_carries_the_version() -> None:
    assert written.compose()["services"]["hub"]["image"] == f"centrala:{PROJECT['project']['version']}"


# -- systemd -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", UNITS)
def test_a_unit_calls_a_command_that_there_is(name: str) -> None:
    service = written.unit(name)["Service"]
    [line] = service["ExecStart"]
    program, command, *rest = shlex.split(line)
    assert (Path(program).name, command in COMMANDS) == ("centrala", True)
    assert rest == ["--config", "/etc/centrala/centrala.toml"]


@pytest.mark.parametrize("name", UNITS)
def test_a_unit_is_shut_in(name: str) -> None:
    service = written.unit(name)["Service"]
    assert service["NoNewPrivileges"] == ["yes"]
    assert service["ProtectSystem"] == ["strict"]
    assert service["PrivateTmp"] == ["yes"]
    assert service["StateDirectory"] == ["centrala"]
    assert service["CapabilityBoundingSet"] == [""]
    assert set(service["RestrictAddressFamilies"][0].split()) == {"AF_INET", "AF_INET6", "AF_UNIX"}
    assert service["User"] == ["centrala"]
    assert f"u {service['User'][0]} " in (DEPLOY / "centrala.sysusers").read_text()


# All that the units use; a name that systemd does not know would be passed over with no more than a warning.
DIRECTIVES = {
    "Unit": {"Description", "After", "Wants", "Conflicts"},
    "Service": {
        *("Type", "NotifyAccess", "User", "Group", "StateDirectory", "StateDirectoryMode", "WorkingDirectory"),
        *("ExecStart", "Restart", "RestartSec", "RestartPreventExitStatus", "TimeoutStartSec", "TimeoutStopSec"),
        *("KillMode", "MemoryHigh", "MemoryMax", "TasksMax", "LimitNOFILE", "NoNewPrivileges", "UMask"),
        *("CapabilityBoundingSet", "AmbientCapabilities", "ProtectSystem", "ProtectHome", "PrivateTmp"),
        *("PrivateDevices", "ProtectClock", "ProtectControlGroups", "ProtectHostname", "ProtectKernelLogs"),
        *("ProtectKernelModules", "ProtectKernelTunables", "ProtectProc", "RestrictAddressFamilies"),
        *("RestrictNamespaces", "RestrictRealtime", "RestrictSUIDSGID", "LockPersonality", "RemoveIPC"),
        *("SystemCallArchitectures", "SystemCallFilter", "LoadCredential", "Environment"),
    },
    "Install": {"WantedBy"},
}


@pytest.mark.parametrize("name", [*UNITS, "secrets.conf"])
def test_a_unit_says_what_systemd_knows(name: str) -> None:
    for section, keys in written.unit(name).items():
        assert set(keys) - DIRECTIVES[section] == set()


@pytest.mark.parametrize("name", UNITS)
def test_systemd_itself_takes_a_unit(name: str, tmp_path: Path) -> None:
    """Where its tool is there; elsewhere the list above has to do. The program's place is not on this machine."""
    tool = shutil.which("systemd-analyze")
    text = re.sub(r"^ExecStart=\S+", "ExecStart=/bin/true", (DEPLOY / name).read_text(), flags=re.MULTILINE)
    (tmp_path / name).write_text(text)
    said = (
        subprocess.run([tool, "verify", tmp_path / name], capture_output=True, text=True, timeout=60, check=False)
        if tool
        else None
    )
    assert said is None or name not in said.stdout + said.stderr


def test_the_service_is_told_when_the_hub_is_ready_and_given_time_to_end() -> None:
    service = written.unit("centrala.service")["Service"]
    assert (service["Type"], service["NotifyAccess"]) == (["notify"], ["main"])
    assert int(service["TimeoutStopSec"][0]) > 5
    assert service["RestartPreventExitStatus"] == ["2 3"]
    assert "MemoryMax" in service


def test_migrating_and_running_exclude_each_other() -> None:
    assert written.unit("centrala-migrate.service")["Unit"]["Conflicts"] == ["centrala.service"]


def test_secrets_of_the_unit_are_settings_and_loaded_under_the_same_name() -> None:
    service = written.unit("secrets.conf")["Service"]
    loaded = [value.split(":")[0] for value in service["LoadCredential"]]
    given = dict(value.split("=", 1) for value in service["Environment"])
    assert environment.misspelt(given, _File.model_fields) == []
    assert [path.removeprefix("%d/") for path in given.values()] == loaded
    assert all(name.endswith("_FILE") for name in given)


# -- the proxy -----------------------------------------------------------------------------------------------------


@pytest.fixture
def site(tmp_path: Path) -> list[dict[str, object]]:
    """nginx's site, parsed as nginx would: a directive it does not know, or in a wrong place, is an error."""
    main = tmp_path / "nginx.conf"
    main.write_text(f"events {{}}\nhttp {{\n    include {DEPLOY / 'nginx.conf'};\n}}\n")
    payload = crossplane.parse(str(main), strict=True)
    assert payload["status"] == "ok", payload["errors"]
    _, found = payload["config"]
    parsed: list[dict[str, object]] = found["parsed"]
    return parsed


def directives(block: list[dict[str, object]], name: str) -> list[list[str]]:
    return [one["args"] for one in block if one["directive"] == name]  # type: ignore[misc]


def test_the_proxy_speaks_tls_and_nothing_old(site: list[dict[str, object]]) -> None:
    plain, secure = [one["block"] for one in site if one["directive"] == "server"]
    assert ["443", "ssl", "http2"] in directives(secure, "listen")
    assert directives(secure, "ssl_protocols") == [["TLSv1.2", "TLSv1.3"]]
    assert {"ssl_certificate", "ssl_certificate_key"} <= {one["directive"] for one in secure}
    assert directives(plain, "server_name") == directives(secure, "server_name")
    [back] = [one["block"] for one in plain if one.get("args") == ["/"]]
    assert directives(back, "return") == [["308", "https://$host$request_uri"]]


def test_the_proxy_keeps_figures_in_and_says_who_asks(site: list[dict[str, object]]) -> None:
    _, secure = [one["block"] for one in site if one["directive"] == "server"]
    [metrics] = [one["block"] for one in secure if one.get("args") == ["=", "/metrics"]]
    assert directives(metrics, "return") == [["404"]]
    [rest] = [one["block"] for one in secure if one.get("args") == ["/"]]
    assert directives(rest, "proxy_pass") == [["http://127.0.0.1:8080"]]
    headers = dict(directives(rest, "proxy_set_header"))
    assert headers["X-Forwarded-For"] == "$remote_addr"
    assert headers["Host"] == "$host"
    assert directives(rest, "proxy_buffering") == [["off"]]
    [[limit]] = directives(secure, "client_max_body_size")
    assert limit == "1m"
    [orders] = [one["block"] for one in secure if one.get("args") == ["=", "/orders"]]
    assert directives(orders, "client_max_body_size") == [["23m"]]
    assert uploads.BODY_LIMIT < 23 * 1024 * 1024
    [links] = [one["block"] for one in secure if one.get("args") == ["/u/"]]
    assert directives(links, "client_max_body_size") == [["23m"]]
    assert receiving.BODY_LIMIT < 23 * 1024 * 1024
    for one in (orders, links):
        assert directives(one, "proxy_set_header") == directives(rest, "proxy_set_header")


def test_the_proxy_lets_through_what_the_hub_takes() -> None:
    limit = next(
        ast.unparse(node.value)
        for node in ast.parse((ROOT / "hub" / "app.py").read_text()).body
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "BODY_LIMIT"
    )
    assert limit == "1024 * 1024"


# -- the pages -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("page", ["run-it", "upgrade"])
def test_commands_that_a_page_shows_are_there(page: str) -> None:
    """Those of Docker, systemd and nginx cannot run in a test; the hub's words in them are looked at."""
    text = (ROOT / "docs" / "how-to" / f"{page}.md").read_text()
    words = re.findall(r"(?:^|bin/| hub )centrala ([a-z]+)", text, re.MULTILINE) + re.findall(r"--rm hub (\w+)", text)
    assert len(words) >= 5
    assert set(words) - set(COMMANDS) == set()


@pytest.mark.parametrize("page", ["run-it", "upgrade"])
def test_services_and_files_that_a_page_names_are_there(page: str) -> None:
    text = (ROOT / "docs" / "how-to" / f"{page}.md").read_text()
    named = {one for one in re.findall(r"docker compose [a-z]+(?: -\S+)* (hub|postgres|\w+) ?", text) if one != "build"}
    assert named <= set(written.compose()["services"])
    assert [name for name in re.findall(r"deploy/([a-z.-]+\w)", text) if not (DEPLOY / name).exists()] == []
    secrets = set(re.findall(r"> secrets/(\w+)", text))
    assert secrets in (set(), set(written.compose()["secrets"]))


def test_the_hubs_user_is_the_one_who_may_read_the_secrets() -> None:
    text = (ROOT / "docs" / "how-to" / "run-it.md").read_text()
    assert f"chown {written.only('USER').split(':')[0]} secrets/database_url secrets/metrics_token" in text


def test_the_other_proxy_keeps_figures_in_too() -> None:
    [text] = written.blocks("run-it", "caddy")
    assert text.count("{") == text.count("}")
    lines = [line.split() for line in text.splitlines()]
    assert ["respond", "/metrics", "404"] in lines
    assert ["reverse_proxy", "127.0.0.1:8080", "{"] in lines
    assert ["header_up", "X-Forwarded-For", "{remote_host}"] in lines
