"""What a line of a file asks for, checked against all that does not need its company or contact. Values only; pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from msgspec import Struct, field

from kernel.errors import Problem

Value = str | int | None | tuple[str, ...]  # a tuple is a set to which a file only adds
Key = tuple[str, str]  # its kind and its value: ("tax number", "5261040828")


class Fault(Struct, frozen=True):
    """Why a line, or one column of it, is not taken. `rule`: format, code, missing, twice, wall, match, kept, stale."""

    column: str
    value: str
    rule: str
    message: str

    @classmethod
    def of(cls, problem: Problem, rule: str = "format") -> Fault:
        return cls(problem.field.replace(" ", "_"), problem.got, rule, f"expected {problem.expected}")


class Draft(Struct, frozen=True):
    """One line. `own` keys name one record only, the strongest first; `shared` ones may fit several.

    `fields`: what is to stand there, "" where it is to be erased; what the file leaves open is absent. `doubts` are
    faults of columns whose value may only stay where it stands already: a word that was retired, a colleague who left.
    """

    line: int
    own: tuple[Key, ...]
    shared: tuple[Key, ...]
    fields: Mapping[str, Value]
    owner_id: int | None = None
    faults: tuple[Fault, ...] = ()
    doubts: tuple[Fault, ...] = ()

    @property
    def key(self) -> str:
        """The strongest, as it is told."""
        return " ".join(next(iter((*self.own, *self.shared)), ("line", str(self.line))))


class Known(Struct, frozen=True):
    """A record that is here. `label`: how a colleague tells it; `is_seen`: he who imports may see it; `ask`: whom else.

    `keys`: kind → the values it has.
    """

    id: int
    label: str
    keys: Mapping[str, frozenset[str]]
    fields: Mapping[str, Value]
    owner_id: int | None = None
    version: int = 0
    is_archived: bool = False
    is_seen: bool = True
    ask: str = ""


class Action(Struct, frozen=True):
    """What is done for a draft: create, update, unchanged, conflict or error. `changes`: field → before, after."""

    draft: Draft
    what: str
    ref_id: int | None = None
    changes: Mapping[str, tuple[Value, Value]] = field(default_factory=dict)
    faults: tuple[Fault, ...] = ()
    version: int = 0


def faulted(draft: Draft, faults: Sequence[Fault]) -> Action:
    """A conflict if all that is wrong is what stands here already, else an error."""
    is_conflict = all(fault.rule in ("match", "wall", "stale") for fault in faults)
    return Action(draft, "conflict" if is_conflict else "error", faults=tuple(faults))
