"""Signs that carry what HTML says about quoting over into plain lines; a customer's own are removed before."""

from __future__ import annotations

OPEN = "\ue000"  # quoted from here …
CLOSE = "\ue001"  # … to here
HISTORY = "\ue002"  # all below is older
_ALL = str.maketrans("", "", OPEN + CLOSE + HISTORY)


def without(text: str) -> str:
    return text.translate(_ALL)


def as_lines(marked: str) -> list[str]:
    """The lines with quoted ones beginning "> " as often as they are quoted; a line of HISTORY alone stays."""
    lines: list[str] = []
    depth = 0
    for line in marked.split("\n"):
        sign = line.strip()
        if sign == OPEN:
            depth += 1
        elif sign == CLOSE:
            depth = max(0, depth - 1)
        elif HISTORY in line:
            lines.append(HISTORY)
        else:
            words = without(line)
            lines.append(("> " * min(depth, 20) + words.strip()).rstrip() if depth else words.rstrip())
    return lines


def readable(lines: list[str]) -> str:
    """The lines as a person reads them, without marks."""
    return "\n".join(line for line in lines if line != HISTORY).strip("\n")


def condensed(lines: list[str]) -> list[str]:
    """The lines with never two empty ones together."""
    return [line for at, line in enumerate(lines) if line.strip() or (at and lines[at - 1].strip())]
