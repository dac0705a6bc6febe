"""The newly written words of a mail, cut from what it quotes. One pass over the lines, each looked at up to a limit."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from msgspec import Struct

from channels.email import marks, phrases

LIMIT = 256 * 1024  # characters that are looked at
ABOVE, BELOW = "##- ", " -##"  # around our own line: please answer above it
_LINE = 400  # characters of a line that decide
_WRAPPED = 4  # lines over which an introduction may be wrapped
_BLOCK = 14  # lines of a quoted header block that are looked at
_SIGNATURE = 30  # lines below "-- " that are still a signature
_OTHERS = frozenset(("sent", "to", "subject"))
_BEGINS = _OTHERS | {"from"}
_TIME = re.compile(r"\d{1,2}[:.]\d{2}")
_DATE = re.compile(r"(?<!\d)(?:(?:19|20)\d\d|\d{1,2}[./-] ?\d{1,2}[./-] ?\d{2,4})(?!\d)")
_ADDRESS = re.compile(r"[^\s<>@]{1,64}@[^\s<>@]{1,255}")
_TELLING = re.compile(r"[\d@<]")
_MARKING = frozenset(">|&»" + phrases.RULES + marks.HISTORY)  # how a quoted line or a divider begins
_TRAILING = " \t\xa0_*\u200b"
_QUOTED = re.compile(r"\s{0,3}(?:>|&gt;|\|\s?>|»)")


def above_line(words: str) -> str:
    """Our own line below which a customer's client puts what we wrote."""
    return f"{ABOVE}{words}{BELOW}"


def newly(lines: Sequence[str], *, is_forward: bool = False) -> str:
    """The new words among `lines`; "" if none can be told from what is quoted.

    Answers between quoted lines are kept. From a divider that says "forwarded" on, all is kept: it is what the
    sender wants us to read. `is_forward`: the subject already said so, and nothing is cut.
    """
    if is_forward:
        return ""
    upto = _upto_our_line(lines)
    scan = _Scan(upto, _telling(upto))
    while scan.at < len(scan.lines):
        if scan.step():
            break
    return marks.readable(marks.condensed([*_signed_off(scan.kept), *scan.passed_on]))


class _Field(Struct, frozen=True):
    """A line "Label: value"; `is_dated`: with an address or a time in it."""

    label: str
    is_dated: bool


@dataclass(slots=True)
class _Scan:
    """Where the pass is, what it has kept, and the forwarded rest."""

    lines: list[str]
    telling: list[bool]  # whether a line needs to be looked at
    at: int = 0
    kept: list[str] = field(default_factory=list)
    passed_on: list[str] = field(default_factory=list)
    fields: list[_Field | None] = field(init=False)  # which of an older mail's header fields a line looks like

    def __post_init__(self) -> None:
        self.fields = [_field(line) for line in self.lines]

    def step(self) -> bool:
        """Take the next line or lines. True if all that follows is history, or was kept as forwarded."""
        line = self.lines[self.at]
        if not self.telling[self.at] or is_quoted(line):
            self.kept.append("" if self.telling[self.at] else line)
            self.at += 1
            return False
        if phrases.says_forwarded(line[:_LINE]):
            self.passed_on = ["", *self.lines[self.at :]]
            return True
        if self._is_history():
            _drop_rule(self.kept)
            return True
        wrapped = introduction(self.lines, self.at)
        if wrapped:
            return self._introduced(wrapped)
        self.kept.append(line)
        self.at += 1
        return False

    def _is_history(self) -> bool:
        """True if an older mail begins here: a mark, a divider, or a block of its header fields."""
        line = self.lines[self.at]
        if line == marks.HISTORY:
            return not _forward_follows(self.lines, self.at)
        return phrases.says_original(line[:_LINE]) or _is_header_block(self.fields, self.lines, self.at)

    def _introduced(self, wrapped: int) -> bool:
        """After "On … wrote:" either quoted lines follow, or all the rest is what was written then."""
        below = self.at + wrapped
        after = below
        while after < len(self.lines) and after < below + 4 and not self.lines[after].strip():
            after += 1
        if after >= len(self.lines) or is_quoted(self.lines[after]):
            self.at = after
            return False
        if _ADDRESS.search(_joined(self.lines, self.at, wrapped)):
            return True
        self.kept.extend(self.lines[self.at : below])  # perhaps the customer's own sentence
        self.at = below
        return False


def _telling(lines: Sequence[str]) -> list[bool]:
    """False for lines that certainly are somebody's words: no colon on them or soon after, no sign at the beginning."""
    colons = [":" in line for line in lines] + [False] * (_WRAPPED - 1)
    near = [any(colons[at : at + _WRAPPED]) for at in range(len(lines))] if True in colons else [False] * len(lines)
    return [bool(line) and (close or line.lstrip()[:1] in _MARKING) for line, close in zip(lines, near, strict=True)]


def is_quoted(line: str) -> bool:
    return _QUOTED.match(line, 0, 20) is not None


def introduction(lines: Sequence[str], at: int) -> int:
    """How many lines from `at` on introduce a quote ("On Monday … Anna wrote:"); 0 if none do."""
    if not any(line[-6:].rstrip(_TRAILING).endswith(":") for line in lines[at : at + _WRAPPED]):
        return 0
    first = lines[at].strip()
    if len(first) > _LINE or not (_TELLING.search(first) or _says(first)):
        return 0
    begins = phrases.OPENERS.match(first.lower()) is not None or first.startswith(("<", '"'))
    for count in range(1, _WRAPPED + 1):
        last = at + count - 1
        if last >= len(lines) or not lines[last].strip() or is_quoted(lines[last]):
            return 0
        if _introduces(_joined(lines, at, count)):
            return count if count == 1 or begins else _unless_later(lines, at, count)
    return 0


def _unless_later(lines: Sequence[str], at: int, count: int) -> int:
    """A line that does not begin like an introduction belongs to one only if the rest alone makes none."""
    return 0 if _introduces(_joined(lines, at + 1, count - 1)) else count


def _introduces(text: str) -> bool:
    if len(text) > _LINE or not text.endswith(":"):
        return False
    if _says(text):
        return any(sign.search(text) for sign in (_TIME, _DATE, _ADDRESS))
    # some say only when and who: "12.03.2026, 10:15, Anna <anna@desk.example>:"
    if not text.rstrip(": ").endswith((">", ")")) or not _TIME.search(text) or not _ADDRESS.search(text):
        return False
    return _DATE.search(text) is not None or phrases.OPENERS.match(text.lower()) is not None


def _says(text: str) -> bool:
    return phrases.WROTE.search(text.lower()) is not None


def _joined(lines: Sequence[str], at: int, count: int) -> str:
    whole = " ".join(line[: _LINE + 1].strip() for line in lines[at : at + count])
    return whole.replace("*", "").rstrip(_TRAILING)


def _is_header_block(fields: Sequence[_Field | None], lines: Sequence[str], at: int) -> bool:
    """From, and two more of Sent, To and Subject, on lines close together, with an address or a time among them."""
    first = fields[at]
    if first is None or first.label not in _BEGINS:
        return False
    found: set[str] = set()
    strays, is_dated = 0, False
    for one, line in zip(fields[at : at + _BLOCK], lines[at : at + _BLOCK], strict=True):
        if one is not None:
            found.add(one.label)
            is_dated |= one.is_dated
        elif line.strip():
            strays += 1
            if strays > 2:
                break
    return is_dated and "from" in found and len(found & _OTHERS) >= 2


def _field(line: str) -> _Field | None:
    label = _label(line)
    if not label:
        return None
    return _Field(label, _ADDRESS.search(line[:_LINE]) is not None or _TIME.search(line[:_LINE]) is not None)


def _label(line: str) -> str:
    """What a line "Label: value" names; "" if it is no such line."""
    before, colon, _ = line[:60].partition(":")
    return phrases.LABEL.get(before.strip(" *\t\xa0_").lower(), "") if colon else ""


def _forward_follows(lines: Sequence[str], at: int) -> bool:
    return any(phrases.says_forwarded(line[:_LINE]) for line in lines[at + 1 : at + 5])


def _upto_our_line(lines: Sequence[str]) -> list[str]:
    kept: list[str] = []
    size = 0
    for line in lines:
        size += len(line) + 1
        if size > LIMIT:
            break
        bare = line.strip(" >*\t\xa0")
        if bare.startswith(ABOVE.strip()) and bare.endswith(BELOW.strip()) and len(bare) > 6:
            break
        kept.append(line)
    return kept


def _drop_rule(kept: list[str]) -> None:
    """The rule that Outlook draws above a header block."""
    while kept and not kept[-1].strip("_-=* \t\xa0"):
        kept.pop()


def _signed_off(kept: list[str]) -> list[str]:
    """Without the signature below "-- " and without what a telephone adds by itself."""
    end = len(kept)
    for at in range(end - 1, max(-1, end - 1 - _SIGNATURE), -1):
        if kept[at].rstrip() == "--":
            end = at
            break
    while end and (not kept[end - 1].strip() or phrases.is_device(kept[end - 1][:_LINE])):
        end -= 1
    return kept[:end]
