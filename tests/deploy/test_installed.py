"""What the image and the units do, done here: the wheel in a clean place, as nobody's guest, writing to one folder."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import stat
import subprocess
import sys
import sysconfig
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.deploy import written
from tests.deploy.written import ROOT
from tests.support.ports import free_port

PATIENCE_S = 30.0


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of programs of a fresh environment that holds the wheel, and of this one only its dependencies."""
    folder = tmp_path_factory.mktemp("installed")
    source = folder / "source"
    source.mkdir()
    for word, rest in written.instructions():  # what the image's first stage copies, and not a file more
        if word == "COPY" and "--from" not in rest:
            for name in rest.split()[:-1]:
                there = ROOT / name
                ignored = shutil.ignore_patterns("__pycache__")
                if there.is_dir():
                    shutil.copytree(there, source / name, ignore=ignored)
                else:
                    shutil.copy(there, source / name)
    build = [
        "wheel",
        "--quiet",
        "--no-deps",
        "--no-build-isolation",
        "--wheel-dir",
        str(folder / "wheels"),
        str(source),
    ]
    call(sys.executable, "-m", "pip", *build)
    shutil.rmtree(source)
    call(sys.executable, "-m", "venv", str(folder / "venv"))
    [wheel] = (folder / "wheels").glob("*.whl")
    python = folder / "venv" / "bin" / "python"
    call(str(python), "-m", "pip", "install", "--quiet", "--no-deps", "--no-index", str(wheel))
    [packages] = (folder / "venv" / "lib").glob("python*/site-packages")
    # after its own: the dependencies of this environment, but not the checkout that is installed in it
    (packages / "dependencies.pth").write_text(sysconfig.get_paths()["purelib"] + "\n")
    return python.parent


def call(*words: str) -> None:
    done = subprocess.run(words, capture_output=True, text=True, timeout=110, env=plain(), check=False)
    assert done.returncode == 0, done.stderr


def plain() -> dict[str, str]:
    """The environment without anything of this checkout or of settings of its reader."""
    left_out = ("PYTHON", "CENTRALA_", "PIP_REQUIRE")
    return {name: value for name, value in os.environ.items() if not name.startswith(left_out)}


class Container:
    """A place as the image has it: its variables, an empty HOME, one folder that may be written."""

    def __init__(self, programs: Path, folder: Path) -> None:
        self.data = folder / "data"
        self.home = folder / "home"
        for made in (self.data, self.home):
            made.mkdir()
        self.programs = programs
        self.port = free_port()
        self.environment = {
            **written.environment(),
            "PATH": f"{programs}:/usr/bin:/bin",
            "HOME": str(self.home),
            "CENTRALA_WEB__HOST": "127.0.0.1",
            "CENTRALA_WEB__PORT": str(self.port),
        }
        self.home.chmod(0o500)

    def words(self, *command: str) -> list[str]:
        """The entry point with a command, as the image calls it."""
        [program] = written.exec_form("ENTRYPOINT")
        return [str(self.programs / program), *command]

    def run(self, *command: str) -> subprocess.CompletedProcess[str]:
        return self.call(self.words(*command))

    def call(self, words: list[str]) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            words, cwd=self.data, env=self.environment, capture_output=True, text=True, timeout=60, check=False
        )

    def healthy(self) -> bool:
        name, *rest = written.health_check()
        return self.call([str(self.programs / name), *rest]).returncode == 0

    def start(self) -> subprocess.Popen[str]:
        return subprocess.Popen(
            self.words(*written.exec_form("CMD")),
            cwd=self.data,
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )


@pytest.fixture
def container(installed: Path, tmp_path: Path) -> Iterator[Container]:
    made = Container(installed, tmp_path)
    yield made
    made.home.chmod(0o700)


def changed(folder: Path, since: float) -> list[Path]:
    """Files below `folder` that were written since then."""
    return [path for path in folder.rglob("*") if path.is_file() and path.lstat().st_mtime > since]


def test_the_wheel_is_what_runs(container: Container) -> None:
    """And not the checkout, which the environment of the tests has installed too."""
    code = "import hub, console, kernel; print(hub.__file__, console.__file__, kernel.__file__)"
    done = container.call([str(container.programs / "python"), "-c", code])
    assert done.stdout.count(str(container.programs.parent)) == 3, done.stdout + done.stderr
    packages = next((container.programs.parent / "lib").glob("python*/site-packages"))
    for pattern in ("kernel/locales/*/LC_MESSAGES/*.po", "console/templates/*", "console/static/*"):
        expected = {path.relative_to(ROOT) for path in ROOT.glob(pattern) if path.is_file()}
        assert expected == {path.relative_to(packages) for path in packages.glob(pattern) if path.is_file()}


def test_the_hub_starts_is_healthy_and_ends_at_once(container: Container) -> None:
    """What `docker run`, the health check and `docker stop` do: ready, then ended within 5 s with 0."""
    since = time.time() - 0.01
    migrated = container.run("migrate")
    assert migrated.returncode == 0, migrated.stderr
    assert not container.healthy()
    hub = container.start()
    try:
        deadline = time.monotonic() + PATIENCE_S
        while not container.healthy():
            assert hub.poll() is None and time.monotonic() < deadline
            time.sleep(0.1)
        began = time.monotonic()
        hub.send_signal(getattr(signal, written.only("STOPSIGNAL")))
        assert hub.wait(10) == 0
        assert time.monotonic() - began < 5
    finally:
        hub.kill()
        hub.communicate()
    assert "centrala.db" in {path.name for path in container.data.iterdir()}
    assert changed(container.home, since) == []
    packages = next((container.programs.parent / "lib").glob("python*/site-packages"))
    assert changed(packages / "hub", since) == []  # a read-only image stays as it is


def test_a_hub_without_its_database_is_not_healthy(container: Container) -> None:
    """/healthz alone would call it well: the check asks whether it takes messages in."""
    container.environment["CENTRALA_DATABASE__URL"] = "postgresql://centrala@127.0.0.1:1/centrala"
    hub = container.start()
    try:
        assert hub.stdout is not None
        assert "listens" in hub.stdout.readline()
        assert not container.healthy()
    finally:
        hub.terminate()
        assert hub.wait(10) == 0
        hub.communicate()


def test_commands_beside_the_hub_find_its_settings_without_being_told(container: Container) -> None:
    """`docker compose exec hub centrala staff add …`: the folder they stand in has the settings and the data."""
    (container.data / "centrala.toml").write_text('[queues.cards]\nfirst_response = "1h"\n')
    assert container.run("migrate").returncode == 0
    added = container.run("staff", "add", "Anna", "--role", "agent", "--phone", "+48500100200", "--queue", "cards")
    assert added.returncode == 0, added.stderr
    backup = container.run("backup", "/data/x.tar.gz".replace("/data", str(container.data)))
    assert backup.returncode == 0, backup.stderr
    assert stat.S_IMODE((container.data / "x.tar.gz").stat().st_mode) == 0o600


@pytest.mark.parametrize("is_abstract", [False, True], ids=["a path", "an abstract name"])
def test_systemd_is_told_of_readiness_and_of_the_end(container: Container, tmp_path: Path, is_abstract: bool) -> None:
    """Type=notify: READY=1 once it listens, STOPPING=1 when it is told to end (sd_notify(3))."""
    name = f"\0centrala-{os.getpid()}-{container.port}" if is_abstract else str(tmp_path / "notify")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as heard:
        heard.bind(name)
        heard.settimeout(PATIENCE_S)
        container.environment["NOTIFY_SOCKET"] = name.replace("\0", "@")
        hub = container.start()
        try:
            assert heard.recv(100) == b"READY=1"
            with socket.create_connection(("127.0.0.1", container.port), timeout=5):
                pass
            hub.terminate()
            assert heard.recv(100) == b"STOPPING=1"
            assert hub.wait(10) == 0
        finally:
            hub.kill()
            hub.communicate()


def test_a_manager_that_does_not_listen_is_no_trouble(container: Container, tmp_path: Path) -> None:
    container.environment["NOTIFY_SOCKET"] = str(tmp_path / "nobody")
    hub = container.start()
    assert hub.stdout is not None
    assert "listens" in hub.stdout.readline()
    hub.terminate()
    assert hub.wait(10) == 0
    hub.communicate()
