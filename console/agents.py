"""What a browser calls itself, as a person would call it: "Firefox, Windows". Pure."""

from __future__ import annotations

# The first that is found counts: nearly all of them also claim to be the ones further down.
_BROWSERS = {
    "Edg": "Edge",
    "OPR": "Opera",
    "YaBrowser": "Yandex",
    "Firefox": "Firefox",
    "FxiOS": "Firefox",
    "Chrom": "Chrome",
    "CriOS": "Chrome",
    "Safari": "Safari",
}
_SYSTEMS = {
    "Windows": "Windows",
    "Android": "Android",
    "iPhone": "iPhone",
    "iPad": "iPad",
    "Mac OS": "macOS",
    "CrOS": "ChromeOS",
    "Linux": "Linux",
}


def called(agent: str) -> str:
    """Browser and system where they are known, else the beginning of what it says."""
    found = [next((name for mark, name in table.items() if mark in agent), "") for table in (_BROWSERS, _SYSTEMS)]
    return ", ".join(name for name in found if name) or agent[:60] or "?"
