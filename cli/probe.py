"""``probe``: what this 1C base really does where nobody has written it down."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ..jobs.probe import QUESTIONS, Probed, probe
from .frame import OK, Seat, command
from .show import rows, table

__all__: list[str] = []

WriteOption = Annotated[
    bool, typer.Option("--write", help="Also ask with draft objects of its own, marked for deletion afterwards.")
]


@command("probe", help="Ask the books what differs from base to base, keep the answers, write a report without names.")
def run_probe(seat: Seat, write: WriteOption = False) -> int:
    where = seat.settings.state_url
    folder = where.parent if isinstance(where, Path) else Path()
    with seat.busy(seat.t("Asking the books…")):
        found = probe(seat.settings, folder, write=write)
    seat.emit({"known": dict(found.known), "report": str(found.report), "asked": list(found.asked)})
    _show(seat, found)
    return OK


def _show(seat: Seat, found: Probed) -> None:
    asked = {item.question for item in found.asked}
    lines = []
    for name, text in QUESTIONS.items():
        holds = found.known.get(name)
        answer = {True: seat.t("yes"), False: seat.t("no"), None: seat.t("not known")}[holds]
        before = name not in asked and holds is not None
        lines.append((seat.t(text), seat.t("{answer} (from before)", answer=answer) if before else answer))
    seat.say(rows(table(seat.t("Question"), seat.t("Answer")), lines))
    left = next((item.status for item in found.asked if item.question == "left_behind"), 0)
    if left:
        seat.say(seat.t("{count} draft objects could not be marked for deletion: look for “uchet probe”.", count=left))
    seat.say(
        seat.t("The report without names is in {file}; send it to us, it helps everybody.", file=str(found.report))
    )
