"""What a command line loads before it does anything."""

from __future__ import annotations

from uchet.cli import _MODULES, build_app
from uchet.cli.frame import COMMANDS


def test_every_command_finds_its_module_by_its_first_word() -> None:
    build_app("en")
    declared = {(one.run.__module__.rpartition(".")[2], one.group or one.name) for one in COMMANDS}
    assert declared == {(module, word) for module, words in _MODULES.items() for word in words}
