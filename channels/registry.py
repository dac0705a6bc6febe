"""Finds the channel folders and loads the one that a setting names: one of the two places that import late."""

from __future__ import annotations

import importlib
import importlib.util
import pkgutil
from types import ModuleType

import channels
from kernel.phrases import Phrase


def names() -> list[str]:
    """The channels that ship: every package below this one that has settings of its own."""
    packages = (module.name for module in pkgutil.iter_modules(channels.__path__) if module.ispkg)
    return sorted(name for name in packages if importlib.util.find_spec(f"channels.{name}.settings"))


def load(name: str) -> ModuleType:
    """The channel's package, which offers `Settings` and `build(settings, public_url=…)`.

    Raises LookupError for a name that no folder has.
    """
    if name not in names():
        raise LookupError(
            Phrase("there is no channel {name}; there are: {names}", name=repr(name), names=", ".join(names()))
        )
    return importlib.import_module(f"channels.{name}")


def part(name: str, module: str) -> ModuleType:
    """One module of a channel, for those who need it alone: its simulator, its probe. Raises LookupError as `load`."""
    load(name)
    return importlib.import_module(f"channels.{name}.{module}")
