"""``uchet …``: thin commands over ``jobs`` and the store; no logic of its own.

Exit codes: 0 clean or changed, 1 partial, 2 usage, 3 needs approval or differences are left, 4 failed.
"""

from __future__ import annotations

import io
import logging
import os
import sys
from collections.abc import Sequence
from importlib import import_module

import typer

from ..i18n import N_, tr
from .frame import COMMANDS, bind, language_of

__all__ = ["build_app", "load", "main"]

_GROUPS = {
    "issues": N_("Questions for people: list, show, decide."),
    "requests": N_("Purchase requests: list, show, check, approve."),
    "count": N_("Counts: open, sheets, scans, close, results."),
    "addons": N_("Connectors and other addons."),
    "emulate": N_("Systems to try things on."),
}
#: Module → the first words it answers. Importing one declares its commands; the order is that of the help.
_MODULES = {
    "toys": ("demo", "emulate"),
    "setup": ("init", "check", "adopt", "addons"),
    "probe": ("probe",),
    "plans": ("plan", "approve", "apply"),
    "runs": ("run", "schedule", "resync"),
    "status": ("status",),
    "issues": ("issues",),
    "links": ("link", "unlink", "reject"),
    "allot": ("allot", "unallot"),
    "explain": ("explain",),
    "keep": ("backup", "restore", "forget"),
    "requests": ("requests",),
    "drafts": ("draft",),
    "reconcile": ("reconcile",),
    "forms": ("form",),
    "counts": ("count",),
    "reports": ("report",),
}
#: Commands that log nothing.
_SILENT = ("status",)


def _needed(args: Sequence[str]) -> tuple[str, ...]:
    """The modules that ``args`` need; all for the whole help or a complaint.

    A command must not wait for what others load: that is a third of a second of its start.
    """
    return tuple(name for name, words in _MODULES.items() if args and args[0] in words) or tuple(_MODULES)


def load(args: Sequence[str]) -> None:
    """Declare the commands that ``args`` may mean."""
    for name in _needed(args):
        import_module(f".{name}", __package__)


def build_app(language: str, args: Sequence[str] = ()) -> typer.Typer:
    """The commands that ``args`` may mean (without: all) with their help in ``language``."""
    load(args)
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
    import structlog  # a fifth of a second, for commands that log

    structlog.configure(
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command line and return its exit code."""
    args = list(sys.argv[1:] if argv is None else argv)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")
    try:
        app = build_app(language_of(args), args)
        if not args or args[0] not in _SILENT:
            _log_to_stderr()
        app(args=args, prog_name="uchet")
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else 0
    return 0
