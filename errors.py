"""The whole error family: the class says what happens next.

    UchetError
    ├── Retry      try the same call again later (back-off, Retry-After); nothing was written
    ├── Reject     this record cannot go through: it becomes an issue, the run goes on
    ├── Stale      the target changed since the plan: skip, replan on the next run
    ├── Unknown    the answer was lost: the outcome is settled by recover before anything else
    ├── Blocked    a guard or a contract stopped the pair: a person decides
    └── Fatal      settings, login or publication are wrong: stop and say what to do

Every error carries a stable ``code``, an English ``template`` with parameters (translated through
``i18n``), a ``hint`` that tells the reader what to do, and ``evidence`` for the log, from which the
caller has already removed secrets.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from .i18n import tr

__all__ = ["Blocked", "Fatal", "Reject", "Retry", "Stale", "UchetError", "Unknown"]


class UchetError(Exception):
    """Root of the family. ``str(error)`` is English; ``error.text("ru")`` is what the accountant reads."""

    #: Exit code of the command line when this error ends a command (DESIGN: 3 waits for a person, 4 failed).
    exit_code: ClassVar[int] = 4

    def __init__(
        self,
        code: str,
        template: str,
        *,
        hint: str = "",
        evidence: Mapping[str, object] | None = None,
        **params: object,
    ) -> None:
        super().__init__(code, template)
        self.code = code
        self.template = template
        self.params = params
        self.hint = hint
        self.evidence = dict(evidence or {})

    def text(self, language: str = "en") -> str:
        """The message and the advice in ``language`` (``"ru"`` or ``"en"``)."""
        message = tr(self.template, language, **self.params)
        advice = tr(self.hint, language, **self.params) if self.hint else ""
        return f"{message} {advice}".strip()

    def __str__(self) -> str:
        return f"[{self.code}] {self.text('en')}"


class Retry(UchetError):
    """Nothing was written and the same call may succeed later, after ``after`` seconds where known."""

    def __init__(
        self,
        code: str,
        template: str,
        *,
        after: float | None = None,
        hint: str = "",
        evidence: Mapping[str, object] | None = None,
        **params: object,
    ) -> None:
        super().__init__(code, template, hint=hint, evidence=evidence, **params)
        self.after = after


class Reject(UchetError):
    """The other side refuses this record; ``field`` names the wire field where it says so."""

    exit_code = 1

    def __init__(
        self,
        code: str,
        template: str,
        *,
        field: str | None = None,
        hint: str = "",
        evidence: Mapping[str, object] | None = None,
        **params: object,
    ) -> None:
        super().__init__(code, template, hint=hint, evidence=evidence, **params)
        self.field = field


class Stale(UchetError):
    """The target is no longer what the plan saw; it is skipped and planned again, never forced."""

    exit_code = 1


class Unknown(UchetError):
    """A write was sent and no answer came: it may or may not have happened."""

    exit_code = 1


class Blocked(UchetError):
    """Stopped before harm; a person looks and approves or repairs."""

    exit_code = 3


class Fatal(UchetError):
    """Nothing can go on until an administrator changes something."""
