"""The state alone, for commands that ask nobody outside: they start without the engine and the connectors."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryFile

from ..errors import Fatal
from ..settings import Settings
from ..sync.store import Store

__all__ = ["Clock", "Progress", "cache_folder", "check_state", "open_store", "quiet", "utc_now"]

Clock = Callable[[], datetime]
#: Told of each step of a run: its name, how much is done and how much there is (0 where nobody knows).
Progress = Callable[[str, int, int], None]


def utc_now() -> datetime:
    """The clock of a machine."""
    return datetime.now(UTC)


def quiet(step: str, done: int, total: int) -> None:
    """The progress nobody watches."""


@contextmanager
def open_store(settings: Settings, clock: Clock = utc_now) -> Iterator[Store]:
    """The state alone, for commands that ask nobody outside."""
    where = settings.state_url
    if isinstance(where, Path):
        try:
            where.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise _no_state(where, error) from error
    with closing(Store.open(where, clock=clock)) as store:
        yield store


def check_state(settings: Settings) -> None:
    """Whether the state can be kept where the settings say; leaves nothing there. Raises ``Fatal``."""
    where = settings.state_url
    if not isinstance(where, Path):
        return
    near = next(place for place in (where, *where.absolute().parents) if place.exists())
    try:
        if near == where:
            with where.open("r+b"):
                return
        with TemporaryFile(dir=near):
            return
    except OSError as error:
        raise _no_state(where, error) from error


def _no_state(where: Path, error: OSError) -> Fatal:
    return Fatal(
        "state_place",
        "The state {file} cannot be kept there: {reason}.",
        hint="Correct state in uchet.toml, free disk space, or give the user of uchet the right to write there.",
        file=str(where),
        reason=error.strerror or type(error).__name__,
    )


def cache_folder(settings: Settings) -> Path | None:
    """The folder beside the state for what a connector may keep between runs; none beside a database server.

    Files whose names end in ``.rows`` hold records of a side and may be deleted at any time. Those that end in
    ``.kept`` (what a node of 1C's exchange brought) may not: what they hold is sent only once. No others hold records.
    """
    where = settings.state_url
    return where.parent / "uchet-cache" if isinstance(where, Path) else None
