"""What to do with each line, given the records that its keys lead to. Pure: the same for a dry run and a real one."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence

from msgspec.structs import replace

from crmcore.exchange import guard
from crmcore.exchange.drafts import Action, Draft, Fault, Key, Known, Value, faulted

Index = Mapping[Key, Sequence[Known]]  # key → the records that have it


def once_each(drafts: Sequence[Draft]) -> list[Draft]:
    """Drafts with a fault on every line whose key another line has too.

    What may be shared (an office's e-mail) is a fault only where a line has nothing stronger to tell it by; where all
    have, it is no key for any of them.
    """
    lines: dict[Key, list[int]] = defaultdict(list)
    bare: set[Key] = set()
    for draft in drafts:
        for key in dict.fromkeys((*draft.own, *draft.shared)):
            lines[key].append(draft.line)
        if not draft.own:
            bare.update(draft.shared)
    twice = {key: places for key, places in lines.items() if len(places) > 1}
    return [_once(draft, twice, bare) if twice else draft for draft in drafts]


def _once(draft: Draft, twice: Mapping[Key, Sequence[int]], bare: set[Key]) -> Draft:
    wrong = [key for key in draft.own if key in twice] + [key for key in draft.shared if key in twice and key in bare]
    faults = []
    for kind, value in dict.fromkeys(wrong):
        others = [str(line) for line in twice[kind, value] if line != draft.line][:5]
        said = f"the same {kind} stands in line {', '.join(others)} too; leave one line for each"
        faults.append(Fault(kind, value, "twice", said))
    shared = tuple(key for key in draft.shared if key not in twice)
    return replace(draft, shared=shared, faults=(*draft.faults, *faults)) if faults or shared != draft.shared else draft


def plan(drafts: Sequence[Draft], index: Index, taken: Mapping[int, int]) -> list[Action]:
    """An action a draft. `taken`: record → the line that was about it, earlier in the file."""
    taken = dict(taken)
    actions = []
    for draft in drafts:
        action = _action(draft, index, taken)
        actions.append(action)
        if action.ref_id is not None:
            taken[action.ref_id] = draft.line
    return actions


def _action(draft: Draft, index: Index, taken: Mapping[int, int]) -> Action:
    if draft.faults:
        return faulted(draft, draft.faults)
    found = match(draft, index)
    if isinstance(found, Fault):
        return faulted(draft, [found])
    if found is None:
        return _creation(draft)
    if not found.is_seen:
        ask = f"ask {found.ask}" if found.ask else "ask a lead"
        return faulted(draft, [Fault(*_first(draft), "wall", f"it is here and not yours to see; {ask}")])
    if taken.get(found.id, draft.line) != draft.line:
        said = f"line {taken[found.id]} was about {found.label} already; leave one line for each"
        return faulted(draft, [Fault(*_first(draft), "match", said)])
    changes = diff(draft, found)
    faults = _kept(draft, found, changes)
    if faults:
        return faulted(draft, faults)
    return Action(draft, "update" if changes else "unchanged", found.id, changes, version=found.version)


def match(draft: Draft, index: Index) -> Known | Fault | None:
    """The record that the line is about; a fault if its keys lead to several, or to none where one was named."""
    led_to = {key: _of(draft, index.get(key, ())) for key in draft.own}
    own = {one.id: one for key, some in led_to.items() for one in some if one.is_seen or key[0] != "number"}
    if len(own) > 1:
        labels = ", ".join(one.label if one.is_seen else "another one" for one in own.values())
        return Fault(*_first(draft), "match", f"its keys lead to several: {labels}; part the line or mend a key")
    if own:
        [found] = own.values()
        led = next(place for place, (kind, value) in enumerate(draft.own) if value in found.keys.get(kind, ()))
        return _contradiction(draft.own[:led], found) or found
    named = next((value for kind, value in draft.own if kind == "number"), None)
    if named is not None:
        said = "there is none of that number, or it is not yours to see; leave the cell empty for a new one"
        return Fault("number", named, "missing", said)
    for key in draft.shared:
        fitting = [one for one in _of(draft, index.get(key, ())) if not _contradiction(draft.own, one)]
        if len(fitting) > 1:
            labels = ", ".join(one.label for one in fitting[:5] if one.is_seen)
            return Fault(*key, "match", f"several have it: {labels}; write the number of the one that is meant")
        if fitting:
            return fitting[0]
    return None


def diff(draft: Draft, known: Known) -> dict[str, tuple[Value, Value]]:
    """field → what stands there and what is to stand there, where that differs."""
    changes: dict[str, tuple[Value, Value]] = {}
    for name, wanted in draft.fields.items():
        stands = known.fields.get(name)
        if isinstance(wanted, tuple):
            has = stands if isinstance(stands, tuple) else ()
            more = tuple(one for one in wanted if one not in has)
            if more:
                changes[name] = (has, (*has, *more))
        elif wanted != stands and not (isinstance(stands, str) and guard.plain(stands) == wanted):
            changes[name] = (stands, wanted)
    return changes


def _creation(draft: Draft) -> Action:
    if not draft.fields.get("name"):
        return faulted(draft, [Fault("name", "", "missing", "it is not here yet, and a new one needs a name")])
    if draft.doubts:
        return faulted(draft, draft.doubts)
    empty: Value = None
    return Action(draft, "create", changes={name: (empty, value) for name, value in draft.fields.items() if value})


def _kept(draft: Draft, known: Known, changes: Mapping[str, tuple[Value, Value]]) -> list[Fault]:
    """What an import does not change."""
    if not changes:
        return []
    if known.is_archived:
        said = f"{known.label} is archived; bring it back first, or leave the line out"
        return [Fault("archived", known.label, "kept", said)]
    before, after = changes.get("source", ("", ""))
    if before:
        return [Fault("source", str(after), "kept", f"{known.label} came by {before}: the first source stays")]
    if draft.fields.get("name") == "":
        return [Fault("name", guard.CLEAR, "missing", "a name cannot be erased")]
    return [fault for fault in draft.doubts if fault.column in changes]


def _contradiction(keys: Sequence[Key], known: Known) -> Fault | None:
    """A key by which there is one record only, and the line's differs from that of the record."""
    for kind, value in keys:
        has = known.keys.get(kind, frozenset())
        if kind in ("external id", "tax number") and has and value not in has:
            return Fault(kind, value, "match", f"{known.label} has another {kind}; mend the line or the record")
    return None


def _of(draft: Draft, found: Sequence[Known]) -> list[Known]:
    """Those of the line's owner; where it names none, those he may see."""
    if draft.owner_id is None:
        return [one for one in found if one.is_seen or one.owner_id is None]
    return [one for one in found if one.owner_id == draft.owner_id]


def _first(draft: Draft) -> Key:
    return next(iter((*draft.own, *draft.shared)), ("line", str(draft.line)))
