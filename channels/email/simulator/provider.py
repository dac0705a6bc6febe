"""A mail provider's endpoints for signing in, as strict as the real ones: device codes, browser codes, tokens.

RFC 6749, 7636 (S256 only), 7662 (`/introspect`, for a mail server in another process), 8628.
"""

from __future__ import annotations

import base64
import hashlib
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import orjson
from aiohttp import web
from msgspec import Struct

DEVICE = "urn:ietf:params:oauth:grant-type:device_code"
FORM = "application/x-www-form-urlencoded"
OFFLINE = "offline_access"
_NO_MAIL = frozenset({"openid", "email", "profile", OFFLINE})


class Refused(Exception):
    """The answer to a request that is not as it should be."""

    def __init__(self, error: str, description: str = "", *, status: int = 400) -> None:
        super().__init__(error)
        self.error = error
        self.description = description
        self.status = status


class Faults(Struct):
    """`later`: requests answered 503. `cut`: answers that break off. `slow`: polls that are told to slow down."""

    later: int = 0
    cut: int = 0
    slow: int = 0


class _Device(Struct):
    code: str
    user_code: str
    scopes: frozenset[str]
    until: datetime
    interval_s: float
    asked_at: datetime | None = None
    user: str = ""
    is_denied: bool = False


class _Code(Struct):
    user: str
    redirect_uri: str
    challenge: str
    scopes: frozenset[str]


class _Grant(Struct):
    """A sign-in: one refresh token at a time, all access tokens that came of it."""

    user: str
    scopes: frozenset[str]
    refresh: str
    is_revoked: bool = False


class _Access(Struct):
    grant: _Grant
    until: datetime


def _now() -> datetime:
    return datetime.now(UTC)


@dataclass
class Provider:
    """`device_scopes`: what may be asked for by device code; Google's list has no mail scope. `rotates`: every refresh
    brings a new refresh token, and the old one used again ends the sign-in. `lives_s`: an access token's life.
    `willing`: who enters every code as soon as it is given.
    """

    client_id: str = "client-of-the-hub"
    client_secret: str = ""
    scopes: frozenset[str] = frozenset({"https://mail.example/", "openid", "email", OFFLINE})
    device_scopes: frozenset[str] | None = None
    rotates: bool = False
    lives_s: float = 3600
    interval_s: float = 5
    code_lives_s: float = 900
    sign_in_lives_s: float | None = None
    tells_who: bool = True
    willing: str = ""
    clock: Callable[[], datetime] = _now
    faults: Faults = field(default_factory=Faults)
    requests: list[str] = field(default_factory=list)  # the grant type of each, or the endpoint
    secrets: list[str] = field(default_factory=list)  # whatever no log may show
    url: str = ""

    def __post_init__(self) -> None:
        self._devices: dict[str, _Device] = {}
        self._codes: dict[str, _Code] = {}
        self._grants: dict[str, _Grant] = {}  # by refresh token, those used up too
        self._access: dict[str, _Access] = {}
        self._runner: web.AppRunner | None = None

    async def start(self) -> str:
        """Listen on this machine; returns the base of its URLs."""
        app = web.Application()
        app.router.add_post("/devicecode", self._wrapped("devicecode", self._device_code))
        app.router.add_post("/token", self._wrapped("token", self._token))
        app.router.add_post("/introspect", self._introspect)
        app.router.add_get("/authorize", self._authorize)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        self.url = f"http://127.0.0.1:{self._runner.addresses[0][1]}"
        return self.url

    async def stop(self) -> None:
        if self._runner is not None:
            await self._runner.cleanup()

    # -- what people and administrators do --------------------------------------------------------------------------

    def enter(self, user_code: str, user: str) -> None:
        """Somebody types the code at the provider's page and agrees."""
        self._waiting(user_code).user = user

    def deny(self, user_code: str) -> None:
        self._waiting(user_code).is_denied = True

    def sign_in(self, user: str) -> tuple[str, str]:
        """A sign-in that has happened before: its access and refresh token."""
        grant = self._grant(user, self.scopes)
        return self._fresh(grant), grant.refresh

    def revoke(self) -> None:
        """Everybody's consent is taken back: no token is good any more."""
        for grant in self._grants.values():
            grant.is_revoked = True

    def forget(self) -> None:
        """All access tokens run out at once; sign-ins stay good."""
        self._access.clear()

    def may_read(self, user: str, token: str) -> bool:
        """What a mail server asks: whether this token opens that user's mailbox."""
        found = self._access.get(token)
        if found is None or found.until <= self.clock() or found.grant.is_revoked:
            return False
        return found.grant.user == user and bool(found.grant.scopes - _NO_MAIL)

    @property
    def refreshes(self) -> int:
        return self.requests.count("refresh_token")

    # -- endpoints --------------------------------------------------------------------------------------------------

    def _wrapped(self, name: str, answer: Callable[[dict[str, str]], dict[str, Any]]) -> Any:
        async def handle(request: web.Request) -> web.StreamResponse:
            try:
                form = _form(request.content_type, await request.read())
                self.requests.append(form.get("grant_type", name))
                if self.faults.later > 0:
                    self.faults.later -= 1
                    return web.json_response({"error": "temporarily_unavailable"}, status=503)
                self._client(form)
                body = orjson.dumps(answer(form))
            except Refused as error:
                told = {"error": error.error, "error_description": error.description}
                return web.json_response(told, status=error.status)
            headers = {"Cache-Control": "no-store"}
            if self.faults.cut > 0:
                self.faults.cut -= 1
                body = body[: len(body) // 2]
            return web.Response(body=body, content_type="application/json", headers=headers)

        return handle

    def _device_code(self, form: dict[str, str]) -> dict[str, Any]:
        _only(form, "scope")
        wanted = self._scopes(form)
        if self.device_scopes is not None and not wanted <= self.device_scopes:
            raise Refused("invalid_scope", "Invalid device flow scope")
        user_code = "-".join("".join(secrets.choice("BCDFGHJKLMNPQRSTVWXZ") for _ in range(4)) for _ in range(2))
        until = self.clock() + timedelta(seconds=self.code_lives_s)
        device = _Device(self._secret(), user_code, wanted, until, self.interval_s)
        device.user = self.willing
        self._devices[device.code] = device
        return {
            "device_code": device.code,
            "user_code": user_code,
            "verification_uri": f"{self.url}/device",
            "expires_in": self.code_lives_s,
            "interval": self.interval_s,
        }

    def _token(self, form: dict[str, str]) -> dict[str, Any]:
        grants = {
            DEVICE: self._by_device,
            "authorization_code": self._by_code,
            "refresh_token": self._by_refresh,
        }
        kind = form.get("grant_type", "")
        if kind not in grants:
            raise Refused("unsupported_grant_type", kind)
        return grants[kind](form)

    def _by_device(self, form: dict[str, str]) -> dict[str, Any]:
        _only(form, "grant_type", "device_code")
        device = self._devices.get(form.get("device_code", ""))
        if device is None:
            raise Refused("invalid_grant", "AADSTS70000: unknown device code")
        now = self.clock()
        asked_at, device.asked_at = device.asked_at, now
        if now >= device.until:
            raise Refused("expired_token")
        is_early = asked_at is not None and (now - asked_at).total_seconds() < device.interval_s
        if is_early or self.faults.slow > 0:
            self.faults.slow = max(self.faults.slow - 1, 0)
            device.interval_s += 5
            raise Refused("slow_down")
        if device.is_denied:
            raise Refused("access_denied")
        if not device.user:
            raise Refused("authorization_pending")
        del self._devices[device.code]
        return self._answer(self._grant(device.user, device.scopes), is_new=True)

    def _by_code(self, form: dict[str, str]) -> dict[str, Any]:
        _only(form, "grant_type", "code", "redirect_uri", "code_verifier")
        code = self._codes.pop(form.get("code", ""), None)
        if code is None:
            raise Refused("invalid_grant", "the code is unknown or was used")
        digest = base64.urlsafe_b64encode(hashlib.sha256(form.get("code_verifier", "").encode()).digest())
        if code.redirect_uri != form.get("redirect_uri") or code.challenge != digest.decode().rstrip("="):
            raise Refused("invalid_grant", "redirect_uri or code_verifier does not match")
        return self._answer(self._grant(code.user, code.scopes), is_new=True)

    def _by_refresh(self, form: dict[str, str]) -> dict[str, Any]:
        _only(form, "grant_type", "refresh_token", "scope")
        grant = self._grants.get(form.get("refresh_token", ""))
        if grant is None or grant.is_revoked:
            raise Refused("invalid_grant", "AADSTS700082: The refresh token has expired or was revoked.")
        if grant.refresh != form["refresh_token"]:
            grant.is_revoked = True
            raise Refused("invalid_grant", "a refresh token was used twice")
        if self.rotates:
            grant.refresh = self._secret()
            self._grants[grant.refresh] = grant
        return self._answer(grant, is_new=self.rotates)

    async def _authorize(self, request: web.Request) -> web.StreamResponse:
        """The page in the browser; who looks at it agrees at once, as `login_hint` or the user named in X-User."""
        asked = dict(request.query)
        uri, wanted = urlsplit(asked.get("redirect_uri", "")), frozenset(asked.get("scope", "").split())
        is_whole = (
            asked.get("client_id") == self.client_id
            and (uri.scheme, uri.hostname) == ("http", "127.0.0.1")
            and asked.get("response_type") == "code"
            and asked.get("code_challenge_method") == "S256"
            and len(asked.get("code_challenge", "")) == 43
            and wanted <= self.scopes
        )
        if not is_whole:
            return web.Response(status=400, text="Error 400: invalid_request")
        if request.headers.get("X-Denies"):
            answer = {"error": "access_denied", "state": asked.get("state", "")}
        else:
            code = self._secret()
            user = request.headers.get("X-User") or asked.get("login_hint", "")
            self._codes[code] = _Code(user, asked["redirect_uri"], asked["code_challenge"], wanted)
            answer = {"code": code, "state": asked.get("state", ""), "scope": asked.get("scope", "")}
        raise web.HTTPFound(f"{asked['redirect_uri']}?{urlencode(answer)}")

    async def _introspect(self, request: web.Request) -> web.Response:
        """For a mail server elsewhere (RFC 7662)."""
        form = await request.post()
        return web.json_response({"active": self.may_read(str(form.get("username")), str(form.get("token")))})

    # -- steps ------------------------------------------------------------------------------------------------------

    def _client(self, form: dict[str, str]) -> None:
        if form.pop("client_id", "") != self.client_id:
            raise Refused("unauthorized_client", "AADSTS700016: no such application")
        if form.pop("client_secret", "") != self.client_secret:
            raise Refused("invalid_client", "AADSTS7000215: Invalid client secret provided", status=401)

    def _scopes(self, form: dict[str, str]) -> frozenset[str]:
        wanted = frozenset(form.get("scope", "").split())
        if not wanted or not wanted <= self.scopes:
            raise Refused("invalid_scope", "AADSTS70011")
        return wanted

    def _grant(self, user: str, scopes: frozenset[str]) -> _Grant:
        grant = _Grant(user, scopes, self._secret())
        self._grants[grant.refresh] = grant
        return grant

    def _answer(self, grant: _Grant, *, is_new: bool) -> dict[str, Any]:
        answer: dict[str, Any] = {
            "token_type": "Bearer",
            "access_token": self._fresh(grant),
            "expires_in": self.lives_s,
            "scope": " ".join(sorted(grant.scopes)),
        }
        if is_new:
            answer["refresh_token"] = grant.refresh
            if self.sign_in_lives_s is not None:
                answer["refresh_token_expires_in"] = self.sign_in_lives_s
        if self.tells_who and "openid" in grant.scopes:
            answer["id_token"] = _id_token({"email": grant.user, "aud": self.client_id})
        return answer

    def _fresh(self, grant: _Grant) -> str:
        token = self._secret()
        self._access[token] = _Access(grant, self.clock() + timedelta(seconds=self.lives_s))
        return token

    def _secret(self) -> str:
        self.secrets.append(secrets.token_urlsafe(32))
        return self.secrets[-1]

    def _waiting(self, user_code: str) -> _Device:
        return next(one for one in self._devices.values() if one.user_code == user_code)


def _form(content_type: str, body: bytes) -> dict[str, str]:
    """RFC 6749 3.2: a form, and no parameter twice."""
    pairs = parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True, strict_parsing=True) if body else []
    if content_type != FORM or len({name for name, _ in pairs}) != len(pairs):
        raise Refused("invalid_request", "AADSTS900144")
    return dict(pairs)


def _only(form: dict[str, str], *known: str) -> None:
    if unknown := set(form) - set(known):
        raise Refused("invalid_request", f"unknown: {sorted(unknown)}")


def _id_token(claims: dict[str, Any]) -> str:
    def part(value: object) -> str:
        return base64.urlsafe_b64encode(orjson.dumps(value)).decode().rstrip("=")

    return f"{part({'alg': 'none'})}.{part(claims)}."
