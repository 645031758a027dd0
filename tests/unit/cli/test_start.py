"""What a command line loads before it does anything."""

from __future__ import annotations

import subprocess
import sys

from uchet.cli import _MODULES, build_app
from uchet.cli.frame import COMMANDS


def test_every_command_finds_its_module_by_its_first_word() -> None:
    build_app("en")
    declared = {(one.run.__module__.rpartition(".")[2], one.group or one.name) for one in COMMANDS}
    assert declared == {(module, word) for module, words in _MODULES.items() for word in words}


# What the process looks like when its command is about to work.
LOADED = """
import gc, sys
from uchet import __main__, cli
cli.main = lambda: print(gc.isenabled(), gc.get_freeze_count() > len(gc.get_objects()), "numpy" in sys.modules,
                         "uchet.cli.plans" in sys.modules, "uchet.cli.runs" in sys.modules)
sys.argv = ["uchet", "approve", "--help"]
__main__.main()
"""


def test_what_a_command_loads_is_never_searched_for_garbage_and_brings_no_numpy() -> None:
    done = subprocess.run((sys.executable, "-c", LOADED), capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["True", "True", "False", "True", "False"]
