"""A host in thirty lines: takes the addon from a folder on its addons path, or from an installed wheel, and runs it.

python host_example.py FOLDER_OR_PACKAGE SETTINGS [EVENT]
"""

import ast
import importlib.util
import sys
from pathlib import Path


def load(place, name="addons_uchet"):
    """The addon's package and its card: ``place`` is a folder (imported under any ``name``) or an installed package."""
    folder = Path(place)
    if not folder.is_dir():
        spec = importlib.util.find_spec(str(place))
        folder = Path(spec.submodule_search_locations[0])
    else:
        spec = importlib.util.spec_from_file_location(name, folder / "__init__.py", submodule_search_locations=[place])
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
