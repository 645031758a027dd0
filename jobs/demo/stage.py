"""Where a demo is played: a temporary folder, its own settings and a screen, none of which outlives it."""

from __future__ import annotations

import json
import os
import signal
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TextIO

from rich.console import Console

from .screen import Screen

__all__ = ["print_json", "stage"]


@contextmanager
def stage(as_json: bool, language: str, out: TextIO | None = None) -> Iterator[tuple[Path, Screen]]:
    """A folder that goes away at the end and a screen on ``out`` (the terminal), which shows nothing ``as_json``."""
    console = Console(file=out or sys.stdout, soft_wrap=True, highlight=False, quiet=as_json)
    with (
        _own_settings(),
        _terminated(),
        tempfile.TemporaryDirectory(prefix="uchet-demo-", ignore_cleanup_errors=True) as folder,
    ):
        yield Path(folder), Screen(console, language)


def print_json(told: Mapping[str, Any], out: TextIO | None = None) -> None:
    """``told`` as one JSON object."""
    out = out or sys.stdout
    out.write(json.dumps(told, ensure_ascii=False, indent=2) + "\n")
    out.flush()


@contextmanager
def _own_settings() -> Iterator[None]:
    """The demo goes by its own file: what a user keeps in the environment for a real pair must not reach it."""
    aside = {
        name: os.environ.pop(name) for name in list(os.environ) if name.startswith("UCHET_") and name != "UCHET_DEBUG"
    }
    try:
        yield
    finally:
        os.environ.update(aside)


@contextmanager
def _terminated() -> Iterator[None]:
    """SIGTERM ends the demo as Ctrl-C does, so that no server is left behind."""

    def leave(signum: int, frame: object) -> None:
        raise KeyboardInterrupt

    try:
        before = signal.signal(signal.SIGTERM, leave)
    except ValueError:  # not the main thread: whoever owns it decides
        yield
        return
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
