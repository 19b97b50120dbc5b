"""Modules that a library imports for something we never ask of it: loaded when somebody asks after all.

Great Expectations imports SciPy's statistics and Altair for two expectations about distributions, a quarter of its
import of six seconds of CPU. A module that is left out stands in for itself until one of its names is used.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from types import ModuleType


class _StandIn(ModuleType):
    """Has no name of its own; the first one that is asked for loads the module."""

    def __getattr__(self, name: str) -> object:
        if name.startswith("__"):
            # what the import system itself looks for
            raise AttributeError(name)
        if sys.modules.get(self.__name__) is self:
            del sys.modules[self.__name__]
        return getattr(import_module(self.__name__), name)


@contextmanager
def left_out(*names: str) -> Iterator[None]:
    """Import without the named modules inside; those that are loaded already stay.

    Afterwards whoever imports them gets the real ones; what was imported inside keeps its stand-ins.
    """
    standing = {name: _StandIn(name) for name in names if name not in sys.modules}
    sys.modules.update(standing)
    try:
        yield
    finally:
        for name, module in standing.items():
            if sys.modules.get(name) is module:
                del sys.modules[name]
