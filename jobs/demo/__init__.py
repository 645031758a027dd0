"""Nothing to configure: a 1C that runs, a real service desk, a company, and the nightly job between them."""

from __future__ import annotations

from typing import TextIO

__all__ = ["run_demo", "run_month"]


def run_demo(
    once: bool,
    as_json: bool,
    desk: str = "roundup",
    book: str = "odata",
    out: TextIO | None = None,
    language: str = "ru",
) -> int:
    """Run the demo; see ``play.run_demo``, which is imported only now because it brings the servers with it."""
    from .play import run_demo as play

    return play(once, as_json, desk, book, out, language)


def run_month(assets: int, seed: int, as_json: bool, language: str = "ru") -> int:
    """Play the month; see ``month.run_month``."""
    from .month import run_month as play

    return play(assets, seed, as_json, language=language)
