"""A pytest plugin that plants one mutant in the real engine: a module is loaded with one place of its source replaced.

``UCHET_MUTANT`` names an entry of ``tests/laws/mutants.py``. A place that is not found exactly once, and a mutant whose
module was never loaded, end the session with a status of their own: neither may pass for a killed mutant.
"""

from __future__ import annotations

import importlib.util
import json
import os
import sys
from collections.abc import Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder, SourceFileLoader
from pathlib import Path
from types import CodeType, ModuleType
from typing import Any

import pytest

__all__ = ["NEVER_LOADED", "NOT_PLANTED", "load_mutants", "planted"]

ROOT = Path(__file__).parents[2]
#: Exit statuses beside pytest's own (0 all passed, 1 some failed).
NOT_PLANTED, NEVER_LOADED = 70, 71


def load_mutants() -> ModuleType:
    """``tests/laws/mutants.py``, found by its place: the tests are no package."""
    spec = importlib.util.spec_from_file_location("mutants", ROOT / "tests" / "laws" / "mutants.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["mutants"] = module
    spec.loader.exec_module(module)
    return module


def planted(source: str, mutant: Any) -> str:
    """``source`` with the mutant in it. Raises ``ValueError`` where its place is not there exactly once."""
    count = source.count(mutant.old)
    if count != 1 or mutant.old == mutant.new:
        raise ValueError(f"{mutant.name}: its place in {mutant.module} is there {count} times, not once")
    return source.replace(mutant.old, mutant.new)


class _Loader(SourceFileLoader):
    """Compiles the mutated source; nothing is read from or written to a cache."""

    mutant: Any
    loaded = False

    def get_code(self, fullname: str) -> CodeType:
        source = planted(Path(self.path).read_text(encoding="utf-8"), self.mutant)
        type(self).loaded = True
        return compile(source, self.path, "exec", dont_inherit=True)


class _Finder(MetaPathFinder):
    def __init__(self, mutant: Any) -> None:
        self.mutant = mutant

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if fullname != self.mutant.module:
            return None
        spec = PathFinder.find_spec(fullname, path)
        if spec is None or spec.origin is None:
            return None
        loader = _Loader(fullname, spec.origin)
        loader.mutant = self.mutant
        return importlib.util.spec_from_file_location(fullname, spec.origin, loader=loader)


def pytest_configure(config: pytest.Config) -> None:
    mutant = load_mutants().BY_NAME[os.environ["UCHET_MUTANT"]]
    if any(name == "uchet" or name.startswith("uchet.") for name in sys.modules):
        pytest.exit("uchet is loaded already", NOT_PLANTED)
    path = ROOT.joinpath(*mutant.module.split(".")[1:]).with_suffix(".py")
    try:
        compile(planted(path.read_text(encoding="utf-8"), mutant), path, "exec")
    except (OSError, SyntaxError, ValueError) as error:
        pytest.exit(f"not planted: {error}", NOT_PLANTED)
    sys.meta_path.insert(0, _Finder(mutant))


#: What a broken mutant raises, rather than one that a law has found.
_BROKEN = (NameError, ImportError, SyntaxError, AttributeError)
_found: set[str] = set()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Any:
    report = yield
    if report.when == "call" and report.failed and call.excinfo and not isinstance(call.excinfo.value, _BROKEN):
        _found.add(f"{item.path.stem}::{getattr(item, 'originalname', item.name)}".replace("test_", ""))
    return report


def pytest_sessionfinish(session: pytest.Session) -> None:
    if not _Loader.loaded:
        session.exitstatus = NEVER_LOADED
    print("\nFOUND", json.dumps(sorted(_found)))
