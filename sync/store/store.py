"""The store: all the state uchet keeps, and the only SQL."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Self, TypeVar

from sqlalchemy.exc import DBAPIError

from ..types import Link
from .audit import Audit
from .backup import Backups
from .beside import Beside, BesideError
from .core import Clock, utc_now
from .counting import Counting
from .dialect import create_tables, engine_for, file_of, is_sqlite, translate
from .feeding import Feeding
from .forgetting import Forgetting, Forgotten
from .journal import Journal
from .lines import Lines, lines_path
from .linking import Linking
from .locking import Locking
from .migrate import prepare
from .planning import Planning
from .questions import Questions
from .requesting import Requesting
from .running import Running
from .stage import Stage, remove, stage_path

__all__ = ["Store"]

B = TypeVar("B", bound=Beside)


class Store(
    Linking,
    Planning,
    Journal,
    Questions,
    Requesting,
    Running,
    Locking,
    Audit,
    Backups,
    Forgetting,
    Feeding,
    Counting,
):
    """Open with :meth:`open`. Every changing call is one transaction, on disk when it returns.

    Raised by any call: Retry("store_busy") when another process holds the database too long, Fatal("store_failed")
    when it cannot be used at all.
    """

    @classmethod
    def open(cls, url: str | Path, *, clock: Clock = utc_now) -> Self:
        """Open a path, ``":memory:"`` or an SQLAlchemy URL; create what is not there.

        An older schema is backed up beside the file and brought up. Raises Fatal for a newer one ("store_newer"),
        somebody else's database ("store_foreign"), a missing driver ("store_driver") or an unusable place
        ("store_failed").
        """
        engine = engine_for(url)
        try:
            connection = engine.connect()
            try:
                if is_sqlite(engine) and file_of(engine.url) is None:
                    create_tables(connection)
                else:
                    prepare(connection, file_of(engine.url) if is_sqlite(engine) else None, clock())
            except BaseException:
                connection.close()
                raise
        except DBAPIError as error:
            raise translate(error, engine.url) from error
        if is_sqlite(engine):
            return cls(engine, connection, clock)
        connection.close()
        return cls(engine, None, clock)

    def stage(self, pair: str) -> Stage | None:
        """The staged rows of a pair, beside the file; ``None`` where there is no place for them. The same one until the
        store is closed."""
        return self._beside(self._stages, pair, Stage, stage_path)

    def lines(self, pair: str) -> Lines | None:
        """The movement lines of a pair, likewise."""
        return self._beside(self._lines, pair, Lines, lines_path)

    def _beside(
        self, kept: dict[str, B], pair: str, made: Callable[[Path | None], B], place: Callable[[Path, str], Path]
    ) -> B | None:
        if pair not in kept and is_sqlite(self._engine):
            path = place(self.path, pair) if self.path else None
            try:
                kept[pair] = made(path)
            except (OSError, BesideError):
                remove(path)
        return kept.get(pair)

    def leave_stage(self, pair: str) -> None:
        """What was read for a run that did not end well is not kept."""
        for beside in (self._stages.get(pair), self._lines.get(pair)):
            if beside is not None:
                beside.leave()

    def drop_stage(self, pair: str) -> None:
        """Remove the staged rows of a pair: the next night looks at everything."""
        self._drop(self._stages, pair, stage_path)

    def drop_lines(self, pair: str) -> None:
        """Remove the movement lines of a pair: the next night writes them down anew."""
        self._drop(self._lines, pair, lines_path)

    def _drop(self, kept: dict[str, B], pair: str, place: Callable[[Path, str], Path]) -> None:
        if pair in kept:
            kept.pop(pair).close()
        remove(place(self.path, pair) if self.path else None)

    def forget(self, pair: str, person: Link, names: Iterable[str], *, by: str) -> Forgotten:
        """As ``Forgetting.forget``; the rows that both sides gave hold the name too, and a label of a movement may."""
        self.drop_stage(pair)
        self.drop_lines(pair)
        return super().forget(pair, person, names, by=by)

    def close(self) -> None:
        for kept in (self._stages, self._lines):
            while kept:
                kept.popitem()[1].close()
        super().close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
