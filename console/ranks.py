"""Which rank a page asks for: the one table of it. What stands nowhere in it is for every colleague. Pure."""

from __future__ import annotations

from crmcore.access import Role

# (method, beginning of the path) → least rank; of several that fit, the longest counts. "" is any method.
RANKS: dict[tuple[str, str], Role] = {
    ("", "/manager"): Role.LEAD,
    ("", "/incidents"): Role.LEAD,
    ("", "/reports/targets"): Role.LEAD,
    ("", "/withheld"): Role.ADMIN,
    ("", "/settings"): Role.MANAGER,
    ("POST", "/settings"): Role.ADMIN,
    ("POST", "/settings/staff/invite"): Role.MANAGER,
    ("POST", "/settings/staff/cancel"): Role.MANAGER,
    ("POST", "/settings/staff/remove"): Role.MANAGER,
    ("", "/settings/rules"): Role.LEAD,  # ready-made ones; those in CEL are an administrator's
    ("POST", "/settings/rules"): Role.LEAD,
    ("", "/settings/policies"): Role.LEAD,
    ("", "/settings/audit"): Role.ADMIN,
    ("", "/settings/remove"): Role.ADMIN,
    ("POST", "/settings/staff/change"): Role.MANAGER,
    ("", "/settings/edit"): Role.ADMIN,
}


def least(method: str, path: str) -> Role:
    """The lowest rank that may ask for what the route of `path` answers."""
    asked = "GET" if method == "HEAD" else method
    found = [
        (len(start), bool(verb), role)
        for (verb, start), role in RANKS.items()
        if verb in ("", asked) and (path == start or path.startswith(f"{start}/"))
    ]
    return max(found, key=lambda one: one[:2])[2] if found else Role.AGENT
