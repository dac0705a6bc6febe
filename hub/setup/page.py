"""What the pages of setting up order is done here: answers tried, written and taken up; implements console's Setup."""

from __future__ import annotations

import asyncio
import importlib
import io
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

from markupsafe import Markup
from msgspec.structs import replace

from console import setup as pages
from console import spoken
from console.setup import Line, View
from console.setup_door import Door
from crmcore import staff
from crmcore.models.staff import Role
from hub.app import App
from hub.settings import Settings
from hub.setup import answers, audited, inviting, notes, probing, signing, steps, values, views, writing
from kernel import errors, log, texts
from kernel.errors import CentralaError, Invalid, Problem

_log = log.get(__name__)
STORE_WAIT_S = 10.0
LOOK_S = 0.05
RENEW_S = 0.5  # the page that waits is loaded by then, with its script and style


class Page:
    """Lives as long as the process: the hub behind it is built anew each time the file has changed."""

    def __init__(self, path: Path, changed: Callable[[], None], *, is_open: bool = True) -> None:
        """`changed`: called when the hub shall start anew with the file at `path`. `is_open`: without an errand."""
        self.door = Door(is_open=is_open, forget=self._forget)
        self.round = 0
        self._path = path
        self._tell = changed
        self._is_changed = False
        self._app: App | None = None
        self._have: dict[str, Any] = {}
        self._typed: dict[str, dict[str, str]] = {}  # secrets by step, until they are saved
        self._last: dict[str, View] = {}
        self._signing = signing.Signing()
        self._bot = ""
        self._link = ""
        self._staff: list[str] = []

    def meet(self, app: App) -> None:
        """The hub that serves the pages from now on."""
        self._app = app
        app.pages.connections.setup = self
        self._have = _read(self._path)
        self.round += 1

    @property
    def language(self) -> str:
        return str(values.at(self._have, "company.language") or "")

    @property
    def is_quiet(self) -> bool:
        return self._app is not None and self._app.settings.quiet

    def lines(self, language: str) -> tuple[Line, ...]:
        return tuple(self._line(step, language) for step in steps.ORDER)

    async def shown(self, step: str, language: str) -> View | None:
        if step not in steps.ORDER or await self._is_gone():
            return None
        await self._look()
        fresh = views.view(step, language, self._have)
        last = self._last.get(step)
        if last is not None:
            fresh = replace(fresh, found=last.found, notes=last.notes, told=last.told, good=last.good)
        fresh = replace(fresh, sign_in=self._sign_in(step))
        return self._with_staff(fresh, language)

    async def test(self, step: str, written: Mapping[str, str], language: str) -> View:
        whole = self._with_secrets(step, written)
        shown = views.view(step, language, self._have, whole, kept=self._typed.get(step, {}))
        changes, wrong = self._checked(step, whole, language)
        if wrong is not None:
            return wrong
        return await self._tried(shown, changes, language, saved=False)

    async def save(self, step: str, written: Mapping[str, str], language: str) -> View:
        whole = self._with_secrets(step, written)
        changes, wrong = self._checked(step, whole, language)
        if wrong is not None:
            return wrong
        if step == steps.COLLEAGUE:
            return await self._welcome(whole, language)
        try:
            await asyncio.to_thread(writing.write, self._path, changes)
        except OSError as error:
            shown = views.view(step, language, self._have, whole, kept=self._typed.get(step, {}))
            return replace(shown, problems=(_unwritable(self._path, error, language),), good=False)
        _log.info("setup.saved", step=step)
        await self._signing.stop()
        before, self._have = self._have, writing.values(self._path)
        await self._note(changes, before)
        self._typed.pop(step, None)
        self._is_changed = True
        spoken = language if self.door.errand else self.language or language
        shown = views.view(step, spoken, self._have)
        view = replace(await self._tried(shown, changes, spoken, saved=True), is_saved=True)
        self._last[step] = view
        return view

    def renew(self) -> bool:
        is_changed, self._is_changed = self._is_changed, False
        if is_changed:
            asyncio.get_running_loop().call_later(RENEW_S, self._tell)
        return is_changed

    async def sign_in(self, order: str, typed: str, language: str) -> None:
        settings = self._settings()
        if settings is None or signing.section(settings) is None:
            return
        if order == pages.BEGIN:
            await self._signing.begin(settings, language, partial(self._signed_in, settings, language))
        elif order == pages.STOP:
            await self._signing.stop()
        elif order == pages.BRING:
            self._signing.bring(typed)

    def picture(self, name: str) -> bytes | None:
        shown = self._signing.shown
        link = self._link if name == pages.INVITATION else shown.scan_at if shown else ""
        return _drawn(link) if link else None

    async def close(self) -> None:
        """At the end of the process."""
        await self._signing.stop()

    def finish(self) -> None:
        self.door.close()
        self._link = ""
        _log.info("setup.finished")

    # -- what is behind it ------------------------------------------------------------------------------------------

    def _forget(self) -> None:
        """What one typed for a test is not saved by another, nor shown to him."""
        self._typed.clear()
        self._last.clear()
        self._signing.drop()

    def _line(self, step: str, language: str) -> Line:
        is_set = self._is_set(step)
        is_waiting = step == steps.COLLEAGUE and bool(self._link) and not is_set
        return Line(step, steps.title(step, language), is_set, is_waiting)

    def _is_set(self, step: str) -> bool:
        if step == steps.COLLEAGUE:
            return bool(self._staff)
        if step in steps.CHANNELS:
            return self._app is not None and step in self._app.settings.channels
        return values.at(self._have, steps.FIELDS[step][0].key) is not None

    def _with_secrets(self, step: str, written: Mapping[str, str]) -> dict[str, str]:
        """The answers, with secrets that were typed for a test before: no page gives them back."""
        secrets = {one.key for one in steps.FIELDS[step] if one.is_secret and written.get(one.key, "").strip()}
        self._typed.setdefault(step, {}).update({key: written[key] for key in secrets})
        return {**written, **self._typed[step]}

    def _checked(self, step: str, written: Mapping[str, str], language: str) -> tuple[dict[str, object], View | None]:
        """The keys to set; or the step with what is wrong beside each answer."""
        changes = answers.changes(step, written, self._have)
        problems = answers.missing(step, written, self._have)
        if not problems:
            try:
                writing.check(self._path, changes)
            except Invalid as error:
                problems = list(error.problems)
        return changes, self._wrong(step, written, problems, language) if problems else None

    def _wrong(self, step: str, written: Mapping[str, str], problems: list[Problem], language: str) -> View:
        by_key, rest = answers.asked(step, problems)
        shown = views.view(
            step, language, self._have, written, kept=self._typed.get(step, {}).keys() - by_key.keys(), problems=by_key
        )
        for key in by_key:
            self._typed.get(step, {}).pop(key, None)
        told = tuple(_elsewhere(one, language) for one in rest)
        return replace(shown, problems=told, told=_nothing_saved(language), good=False)

    async def _tried(self, shown: View, changes: Mapping[str, object], language: str, *, saved: bool) -> View:
        settings = writing.check(self._path, changes)
        noted = notes.about(shown.step, changes, public_url=settings.web.public_url, language=language)
        if shown.step not in steps.CHANNELS:
            return replace(shown, notes=noted, told="")
        if shown.step == steps.EMAIL and signing.section(settings) and not signing.is_begun(settings):
            told = _sign_in_first(signing.label(settings), saved, language)
            return replace(shown, notes=noted, told=told, good=False)
        return await self._probed(replace(shown, notes=noted), settings, language, saved=saved)

    async def _probed(self, shown: View, settings: Settings, language: str, *, saved: bool) -> View:
        found = await probing.tried(shown.step, settings)
        self._bot = probing.bot(found) or self._bot
        is_good = all(one.ok for one in found)
        return replace(
            shown,
            found=tuple(views.found(one, language) for one in found),
            told=_outcome(is_good, saved, language),
            good=is_good,
        )

    def _settings(self) -> Settings | None:
        """As the file has them now; None where it holds none."""
        try:
            return writing.check(self._path, {})
        except (Invalid, OSError):
            return None

    def _sign_in(self, step: str) -> pages.SignIn | None:
        settings = self._settings() if step == steps.EMAIL else None
        return self._signing.view(settings) if settings is not None else None

    async def _signed_in(self, settings: Settings, language: str) -> None:
        """Try the mailbox with what the sign-in has brought; the page shows how it went."""
        shown = views.view(steps.EMAIL, language, self._have)
        self._last[steps.EMAIL] = await self._probed(shown, settings, language, saved=True)

    async def _welcome(self, written: Mapping[str, str], language: str) -> View:
        shown = views.view(steps.COLLEAGUE, language, self._have, written)
        app = await self._opened()
        if app is None:
            return replace(shown, problems=(_store_away(language),), good=False)
        try:
            self._link = await inviting.welcome(
                app.store, written, zone=app.settings.company.zone, bot=self._bot_name(app)
            )
        except Invalid as error:
            return self._wrong(steps.COLLEAGUE, written, list(error.problems), language)
        except CentralaError as error:
            return replace(shown, problems=(spoken.refusal(language, error),), good=False)
        await self._look()
        return replace(self._with_staff(shown, language), is_saved=True)

    def _with_staff(self, shown: View, language: str) -> View:
        """The step of the first colleague says who is there, or shows the link that is still open."""
        if shown.step != steps.COLLEAGUE:
            return shown
        if self._staff:
            return replace(shown, told=_are_there(", ".join(self._staff), language), link="")
        return replace(shown, link=self._link, told=_open_link(language) if self._link else shown.told)

    def _bot_name(self, app: App) -> str:
        names = (adapter.health.facts.get("username") for adapter in app.adapters)
        return next((str(name) for name in names if name), self._bot)

    async def _note(self, changes: Mapping[str, object], before: Mapping[str, Any]) -> None:
        """Who has changed what, where somebody who is signed in has; the file holds it whether this is kept or not."""
        if self.door.errand is None or self._app is None or not self._app.is_migrated:
            return
        try:
            async with self._app.store.unit() as work:
                await audited.note(work, changes, before, by=self.door.errand.staff_id)
        except Exception as error:
            if not errors.is_passing(error):
                raise
            _log.warning("setup.unnoted", staff_id=self.door.errand.staff_id, error=log.cause(error))

    async def _is_gone(self) -> bool:
        """Whoever came on an errand and is no administrator any more finds the door closed."""
        errand = self.door.errand
        if errand is None or self._app is None or not self._app.is_migrated:
            return False
        one = (await staff.by_ids(self._app.store.reading(), [errand.staff_id])).get(errand.staff_id)
        if one is not None and one.active and one.role is Role.ADMIN:
            return False
        self.door.close()
        return True

    async def _opened(self) -> App | None:
        """The hub once its store is open; None if that takes too long."""
        for _ in range(int(STORE_WAIT_S / LOOK_S)):
            if self._app is not None and self._app.is_migrated:
                return self._app
            await asyncio.sleep(LOOK_S)
        return None

    async def _look(self) -> None:
        """Who works here; what is known stays where the store does not answer."""
        if self._app is None or not self._app.is_migrated:
            return
        try:
            self._staff = await inviting.names(self._app.store.reading())
        except Exception as error:
            if not errors.is_passing(error):
                raise


def _read(path: Path) -> dict[str, Any]:
    """What stands in the file; nothing while it cannot be read, as by a hub that has its settings from elsewhere."""
    try:
        return writing.values(path)
    except (Invalid, OSError):
        return {}


def _drawn(link: str) -> bytes:
    drawn = io.BytesIO()
    segno = importlib.import_module("segno")  # late: most starts show no code
    segno.make(link, error="m").save(drawn, kind="svg", scale=5, border=3, light="white")
    return drawn.getvalue()


def _sign_in_first(label: str, saved: bool, language: str) -> str:
    if saved:
        return texts.say(language, "Saved. Now sign in at {label} below; then everything is tried.", label=label)
    return texts.say(language, "Nothing is saved yet. Save first, then sign in at {label}.", label=label)


def _outcome(is_good: bool, saved: bool, language: str) -> str:
    if is_good and saved:
        return texts.say(language, "Saved, and everything answers.")
    if is_good:
        return texts.say(language, "Everything answers. Nothing is saved yet.")
    if saved:
        return texts.say(language, "Saved, but a step fails. Mend it below, or go on: it can be mended later.")
    return texts.say(language, "A step fails. Nothing is saved yet.")


def _nothing_saved(language: str) -> str:
    return texts.say(language, "Nothing was saved: look at what is marked below.")


def _elsewhere(problem: Problem, language: str) -> str:
    return spoken.say(
        language,
        "{field}: expected {what}.",
        field=Markup("<code>{}</code>").format(problem.field),
        what=spoken.phrase(language, problem.expected),
    )


def _unwritable(path: Path, error: OSError, language: str) -> str:
    return texts.say(
        language,
        "The file {path} cannot be written ({why}). Let the user that runs the hub write in its folder, and "
        "save again.",
        path=path,
        why=error.strerror or type(error).__name__,
    )


def _store_away(language: str) -> str:
    return texts.say(language, "The database does not answer yet. Wait a moment and save again.")


def _are_there(names: str, language: str) -> str:
    return texts.say(language, "Already with us: {names}.", names=names)


def _open_link(language: str) -> str:
    return texts.say(
        language, "Open this link on your phone, or point its camera at the code, and press Start. It works once."
    )
