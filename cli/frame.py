"""What every command has in common: where it sits, how it speaks, and what becomes of an error.

Exit codes: 0 clean or changed, 1 partial, 2 usage, 3 needs approval or differences are left, 4 failed.
"""

from __future__ import annotations

import copy
import functools
import inspect
import json
import os
import re
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Annotated, Any, TextIO, get_type_hints

import typer
from rich.console import Console
from rich.prompt import Confirm
from rich.text import Text
from typer.models import ParameterInfo

from ..errors import UchetError
from ..i18n import LANGUAGES, tr
from ..jobs.state import Progress, quiet
from ..mappings.model import Ref
from ..mappings.text import parse_day
from ..settings import Settings, load_settings, settings_path
from .plain import plain
from .words import Words

__all__ = ["COMMANDS", "Command", "Seat", "bind", "command", "language_of"]

OK, PARTIAL, USAGE, WAITING, FAILED = 0, 1, 2, 3, 4
INTERRUPTED = 130
PIPE_WIDTH = 160


def _console(stream: TextIO) -> Console:
    """A terminal as wide as it is; a file or a pipe gets long lines, which nobody has to unwrap."""
    return Console(file=stream, soft_wrap=True, highlight=False, width=None if stream.isatty() else PIPE_WIDTH)


@dataclass
class Seat:
    """Where a command sits: its settings, language and the two ends it writes to (answers out, progress aside)."""

    language: str
    as_json: bool = False
    yes: bool = False
    file: Path | None = None
    out: Console = field(default_factory=lambda: _console(sys.stdout))
    err: Console = field(default_factory=lambda: _console(sys.stderr))

    @functools.cached_property
    def settings(self) -> Settings:
        """The settings, read when first asked for."""
        return load_settings(self.file)

    def t(self, template: str, /, **params: object) -> str:
        """``template`` in the reader's language."""
        return tr(template, self.language, **params)

    def say(self, *things: Any) -> None:
        """Something for a person; with ``--json`` nothing but the JSON object goes out."""
        if not self.as_json:
            for thing in things:
                self.out.print(Text(thing) if isinstance(thing, str) else thing)

    def emit(self, data: Any) -> None:
        """The answer for a program."""
        if self.as_json:
            sys.stdout.write(json.dumps(plain(data), ensure_ascii=False, indent=2) + "\n")
            sys.stdout.flush()

    def fail(self, error: UchetError) -> int:
        """One clear message, no traceback; returns the exit code."""
        text = error.text(self.language)
        self.emit({"error": {"code": error.code, "message": text}})
        if not self.as_json:
            self.err.print(Text(text, style="bold red"))
        return error.exit_code

    @property
    def interactive(self) -> bool:
        """Whether a person sits there who may be asked."""
        return not (self.yes or self.as_json) and sys.stdin.isatty()

    def confirm(self, question: str) -> bool:
        """Ask before something is written; ``--yes`` answers, and so does (with no) the absence of a person."""
        if not self.interactive:
            return self.yes
        return Confirm.ask(Text(question), console=self.err, default=False)

    def words(self, label: Callable[[Ref], str] = lambda ref: ref.id) -> Words:
        """How values read in this language; ``label`` gives the names of the records that references point to."""
        return Words(self.language, label)

    def day(self, text: str) -> date:
        """A day that a person wrote. Raises ``typer.BadParameter``."""
        day = parse_day(text)
        if day is None:
            raise typer.BadParameter(self.t("{day} is not a date; write 2026-11-22 or 22.11.2026.", day=text))
        return day

    @contextmanager
    def busy(self, text: str) -> Iterator[Progress]:
        """A spinner beside the answer while something takes its time; silent where nobody looks."""
        if self.as_json or not self.err.is_terminal:
            yield quiet
            return
        words = Words(self.language)
        with self.err.status(Text(text)) as status:

            def progress(step: str, done: int, total: int) -> None:
                name, _, rest = step.partition(" ")
                side, _, kind = rest.partition(" ")
                if name == "read" and kind:
                    status.update(
                        Text(self.t("Reading the {side}: {kind}…", side=words.side(side), kind=words.kind(kind)))
                    )
                elif total:
                    status.update(Text(self.t("Writing: {done} of {total}…", done=done, total=total)))

            yield progress


SettingsOption = Annotated[
    Path | None, typer.Option("--settings", help="Settings file (uchet.toml).", envvar="UCHET_SETTINGS")
]
JsonOption = Annotated[bool, typer.Option("--json", help="Answer with one JSON object.")]
LangOption = Annotated[str | None, typer.Option("--lang", help="Language of the answer: ru or en.")]
YesOption = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask, answer yes.")]
_COMMON: tuple[tuple[str, Any, Any], ...] = (
    ("settings_file", SettingsOption, None),
    ("as_json", JsonOption, False),
    ("lang", LangOption, None),
    ("yes", YesOption, False),
)


@dataclass(frozen=True, slots=True)
class Command:
    """A command as its module declares it: ``run`` takes a ``Seat`` and its own options, returns an exit code."""

    name: str
    group: str
    help: str
    run: Callable[..., int]


COMMANDS: list[Command] = []


def command(name: str, *, help: str, group: str = "") -> Callable[[Callable[..., int]], Callable[..., int]]:
    """Declare a command; its options are those of the function behind ``Seat``, plus the four common ones."""

    def declare(run: Callable[..., int]) -> Callable[..., int]:
        COMMANDS.append(Command(name, group, help, run))
        return run

    return declare


def bind(one: Command, language: str) -> Callable[..., None]:
    """The function Typer calls for ``one``: common options added, help translated, errors turned into exit codes."""
    own = [p for p in inspect.signature(one.run).parameters.values() if p.name != "seat"]
    hints = get_type_hints(one.run, include_extras=True)
    own = [p.replace(annotation=_translated(hints[p.name], language)) for p in own]
    extra = [
        inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=_translated(kind, language))
        for name, kind, default in _COMMON
    ]

    def call(settings_file: Path | None, as_json: bool, lang: str | None, yes: bool, **options: Any) -> None:
        if lang is not None and lang not in LANGUAGES:
            raise typer.BadParameter(tr("Languages: {known}.", language, known=", ".join(LANGUAGES)))
        seat = Seat(lang or language, as_json, yes, settings_file)
        raise typer.Exit(_guarded(seat, functools.partial(one.run, seat, **options)))

    own = [p.replace(kind=inspect.Parameter.KEYWORD_ONLY) for p in own]
    call.__signature__ = inspect.Signature([*own, *extra])  # type: ignore[attr-defined]  # what Typer reads
    call.__annotations__ = {p.name: p.annotation for p in (*own, *extra)}
    call.__doc__ = tr(one.help, language)
    return call


def language_of(args: Sequence[str]) -> str:
    """The language before settings are read: ``--lang``, ``UCHET_LANGUAGE``, the settings file (even a broken one)."""
    given = [args[i + 1] for i, arg in enumerate(args[:-1]) if arg == "--lang"]
    given += [arg.partition("=")[2] for arg in args if arg.startswith("--lang=")]
    given.append(os.environ.get("UCHET_LANGUAGE", ""))
    files = [args[i + 1] for i, arg in enumerate(args[:-1]) if arg == "--settings"]
    try:
        text = settings_path(Path(files[0]) if files else None).read_text(encoding="utf-8", errors="replace")
    except OSError:
        text = ""
    given += re.findall(r'^\s*language\s*=\s*["\'](\w+)', text, re.MULTILINE)
    return next((language for language in given if language in LANGUAGES), "ru")


def _translated(annotation: Any, language: str) -> Any:
    """``Annotated[T, typer.Option(help=…)]`` with the help in ``language``."""
    kind = getattr(annotation, "__origin__", annotation)
    made: list[Any] = []
    for note in getattr(annotation, "__metadata__", ()):
        if isinstance(note, ParameterInfo) and note.help:
            note = copy.copy(note)
            note.help = tr(str(note.help), language)
        made.append(note)
    return Annotated[(kind, *made)] if made else annotation


def _guarded(seat: Seat, run: Callable[[], int]) -> int:
    try:
        return run()
    except UchetError as error:
        return seat.fail(error)
    except KeyboardInterrupt:
        return INTERRUPTED
    except (typer.Exit, typer.Abort, typer.BadParameter):
        raise
    except Exception as error:  # a person gets a message, never a traceback
        if os.environ.get("UCHET_DEBUG"):
            raise
        text = seat.t(
            "Unexpected error: {error}. Nothing more was done; set UCHET_DEBUG=1 to see where it happened.",
            error=f"{type(error).__name__}: {error}",
        )
        seat.emit({"error": {"code": "unexpected", "message": text}})
        if not seat.as_json:
            seat.err.print(Text(text, style="bold red"))
        return FAILED
