"""A host in thirty lines: takes the addon from a folder on its addons path, or from an installed wheel, and runs it.

python host_example.py FOLDER_OR_PACKAGE SETTINGS [EVENT]
"""

import ast
import importlib.util
import sys
from pathlib import Path
from types import ModuleType
from typing import Any


def load(place: str, name: str = "addons_uchet") -> tuple[ModuleType, dict[str, Any]]:
    """The addon's package and its card: ``place`` is a folder (imported under any ``name``) or an installed package."""
    if Path(place).is_dir():
        main = Path(place, "__init__.py")
        spec = importlib.util.spec_from_file_location(name, main, submodule_search_locations=[place])
    else:
        spec = importlib.util.find_spec(place)
    if spec is None or spec.loader is None or spec.origin is None:
        raise SystemExit(f"{place} is no addon")
    folder = Path(spec.origin).parent
    card = ast.literal_eval((folder / "__manifest__.py").read_text(encoding="utf-8"))
    package = sys.modules[spec.name] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(package)
    return package, card


if __name__ == "__main__":
    package, card = load(sys.argv[1])
    addon = package.Addon(sys.argv[2])
    print(card["name"], card["version"], "jobs:", *addon.jobs)
    problems = [finding.text("en") for side in addon.check() for finding in side.findings]
    print(*problems or ["both sides are ready"], sep="\n")
    if len(sys.argv) > 3 and not problems:
        run = addon.on(sys.argv[3])
        print(run.outcome, "read", run.reads, "written", run.writes)
