"""``uchet …``: thin commands over ``jobs`` and the store; no logic of its own.

Exit codes: 0 clean or changed, 1 partial, 2 usage, 3 needs approval or differences are left, 4 failed.
"""

from __future__ import annotations

import io
import logging
import os
import sys
from collections.abc import Sequence

import structlog
import typer

from ..i18n import N_, tr
from . import explain, issues, keep, links, plans, probe, runs, setup, toys
from .frame import COMMANDS, bind, language_of

__all__ = ["build_app", "main"]

_GROUPS = {
    "issues": N_("Questions for people: list, show, decide."),
    "addons": N_("Connectors and other addons."),
    "emulate": N_("Systems to try things on."),
}
#: Imported so that they declare their commands.
_MODULES = (toys, setup, probe, plans, runs, issues, links, explain, keep)


def build_app(language: str) -> typer.Typer:
    """All commands with their help in ``language``."""
    options = {"no_args_is_help": True, "add_completion": False, "rich_markup_mode": None}
    app = typer.Typer(
        help=tr("Keeps the books in 1C and the IT service desk telling the same story.", language),
        pretty_exceptions_enable=False,
        **options,  # type: ignore[arg-type]  # Typer's own names
    )
    groups = {name: typer.Typer(help=tr(text, language), **options) for name, text in _GROUPS.items()}  # type: ignore[arg-type]
    for one in COMMANDS:
        (groups[one.group] if one.group else app).command(one.name)(bind(one, language))
    for name, group in groups.items():
        app.add_typer(group, name=name)
    return app


def _log_to_stderr() -> None:
    """What the library logs goes beside the answer: warnings, or everything with ``UCHET_DEBUG``."""
    level = logging.DEBUG if os.environ.get("UCHET_DEBUG") else logging.WARNING
    logging.basicConfig(level=logging.WARNING, stream=sys.stderr, format="%(asctime)s %(levelname)s %(message)s")
    structlog.configure(
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command line and return its exit code."""
    args = list(sys.argv[1:] if argv is None else argv)
    _log_to_stderr()
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")
    try:
        build_app(language_of(args))(args=args, prog_name="uchet")
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else 0
    return 0
