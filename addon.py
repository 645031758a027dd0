"""The addon as a host holds it: settings in, jobs out. The host brings its own scheduler, events and logging."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

from .errors import Fatal
from .settings import Settings, load_settings

if TYPE_CHECKING:
    from .jobs.check import SideCheck
    from .sync.types import Run

__all__ = ["Addon"]

#: What may happen around us → the job that answers it. A nightly run costs two reads and writes only what changed,
#: so it may run at any hour; a second one of the same pair is refused while the first is at work.
EVENTS: Mapping[str, str] = MappingProxyType(
    {"night": "nightly", "book.changed": "nightly", "desk.changed": "nightly", "issue.decided": "nightly"}
)


class Addon:
    """One pair of systems, as ``settings`` (or the path of an ``uchet.toml``) describe it."""

    def __init__(self, settings: Settings | Path | str) -> None:
        self.settings = settings if isinstance(settings, Settings) else load_settings(Path(settings))

    @property
    def jobs(self) -> tuple[str, ...]:
        """Names that ``run`` takes."""
        from .jobs import JOBS

        return tuple(JOBS)

    @property
    def events(self) -> tuple[str, ...]:
        """Names that ``on`` takes."""
        return tuple(EVENTS)

    def check(self) -> tuple[SideCheck, ...]:
        """What is wrong with the settings and with what both sides publish; writes nothing. Raises ``Fatal`` only
        where the settings cannot be used at all."""
        from .jobs.check import check

        return check(self.settings)

    def run(self, job: str) -> Run:
        """One run of ``job``. Raises ``Blocked`` while another run of the pair is at work, ``Fatal`` for an unknown
        job, wrong settings or a side that cannot be entered."""
        from .jobs import JOBS, run_job

        if job not in JOBS:
            raise Fatal(
                "job_unknown",
                "There is no job called {job}.",
                hint="Jobs: {known}.",
                job=job,
                known=", ".join(JOBS),
            )
        return run_job(self.settings, job)

    def on(self, event: str) -> Run:
        """Answer an event of the host's by the job that belongs to it. Raises ``Fatal`` for an unknown event, and
        what ``run`` raises; after ``Blocked`` the host gives the event again a little later."""
        if event not in EVENTS:
            raise Fatal(
                "event_unknown",
                "uchet does not know the event {event}.",
                hint="Events: {known}.",
                event=event,
                known=", ".join(EVENTS),
            )
        return self.run(EVENTS[event])
