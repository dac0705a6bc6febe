"""Canned answers filled in for one ticket. Pure.

A text is a template of which only the harmless part is understood: values, conditions and a few filters. It has no
loops, calls or attributes, so it can neither take long nor reach anything.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

from jinja2 import StrictUndefined, TemplateError, nodes
from jinja2.sandbox import ImmutableSandboxedEnvironment

from bot.macros import Macro
from kernel import errors, texts
from kernel.phrases import Foreign, Phrase

TEXT_LIMIT = 4_000  # characters of an answer
VALUE_LIMIT = 500
FILTERS = frozenset({"upper", "lower", "title", "capitalize", "trim", "default"})
_HARMLESS = (
    nodes.Template,
    nodes.Output,
    nodes.TemplateData,
    nodes.Name,
    nodes.Const,
    nodes.Filter,
    nodes.If,
    nodes.CondExpr,
    nodes.Compare,
    nodes.Operand,
    nodes.And,
    nodes.Or,
    nodes.Not,
)
BROKEN = "broken"
_BREAKS = (TypeError, ValueError, ArithmeticError, TemplateError)  # what a filter or a comparison may raise
_BROKEN = (
    "The canned answer {name} is broken and cannot be filled in. Nothing was sent. Answer in your own words, and tell"
    " an administrator to mend macros.{name} in the settings."
)
_ENVIRONMENT = ImmutableSandboxedEnvironment(undefined=StrictUndefined, keep_trailing_newline=False)
_ENVIRONMENT.globals.clear()


def wanted(template: str) -> frozenset[str]:
    """The names that a text needs. Raises ValueError for one that does more than fill in values."""
    try:
        tree = _ENVIRONMENT.parse(template)
    except TemplateError as error:
        raise ValueError(
            Phrase("a text with {names}: {why}", names="{{ names }}", why=Foreign(error.message))
        ) from error
    names = set()
    for node in _all(tree):
        if not isinstance(node, _HARMLESS):
            kind = type(node).__name__.lower()
            raise ValueError(
                Phrase(
                    "only {values} and {condition}: no {kind}", values="{{ values }}", condition="{% if %}", kind=kind
                )
            )
        if isinstance(node, nodes.Filter) and node.name not in FILTERS:
            raise ValueError(Phrase("filters: {names}; not {name}", names=", ".join(sorted(FILTERS)), name=node.name))
        if isinstance(node, nodes.Name):
            names.add(node.name)
    return frozenset(names)


def filled(macro: Macro, facts: Mapping[str, str], values: Mapping[str, str], language: str) -> str:
    """The answer in the customer's language, else in English, else in the first there is.

    Raises Invalid if a value is missing, or the whole is too long; with the code BROKEN if the text itself fails.
    """
    known = {name: value[:VALUE_LIMIT] for name, value in {**values, **facts}.items()}
    if missing := sorted(macro.wants - set(known)):
        named = " ".join(f"{name}=…" for name in missing)
        raise errors.Invalid(
            "{macro} needs more: /macro T12 {macro} {named}. Nothing was sent.", macro=macro.name, named=named
        )
    template = macro.texts.get(language) or macro.texts.get("en") or next(iter(macro.texts.values()))
    try:
        text = _ENVIRONMENT.from_string(template).render(known).strip()
    except _BREAKS as error:
        raise errors.Invalid(_BROKEN, code=BROKEN, name=macro.name) from error
    if len(text) > TEXT_LIMIT:
        raise errors.Invalid(
            "{macro} becomes {count} characters; at most {most} go. Nothing was sent.",
            macro=macro.name,
            count=len(text),
            most=TEXT_LIMIT,
        )
    return text


def tried(template: str, names: Collection[str]) -> None:
    """Raises ValueError for a text that breaks when it is filled in: with words, and with nothing."""
    for sample in ("sample", ""):
        try:
            _ENVIRONMENT.from_string(template).render(dict.fromkeys(names, sample))
        except _BREAKS as error:
            raise ValueError(
                Phrase("a text that can be filled in; values are words, not numbers: {why}", why=Foreign(error))
            ) from error


def language_of(written: str | Mapping[str, str]) -> Mapping[str, str]:
    """A text of one language is English's. Raises ValueError for a language that is none of ours."""
    found = {"en": written} if isinstance(written, str) else dict(written)
    if strange := sorted(set(found) - set(texts.LANGUAGES)):
        known = ", ".join(texts.LANGUAGES)
        raise ValueError(Phrase("languages {known}; not {strange}", known=known, strange=", ".join(strange)))
    if not found or not all(text.strip() for text in found.values()):
        raise ValueError(Phrase("{one}, or {other}", one='text = "…"', other='text = { en = "…", pl = "…" }'))
    return found


def _all(tree: nodes.Node) -> list[nodes.Node]:
    return [tree, *(below for one in tree.iter_child_nodes() for below in _all(one))]
