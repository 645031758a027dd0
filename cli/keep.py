"""``backup`` and ``restore`` of the state, and ``forget``."""

from __future__ import annotations

import dataclasses
import os
import socket
from pathlib import Path
from typing import Annotated

import typer

from ..errors import Fatal
from ..jobs import forgetting
from ..jobs.state import cache_folder, open_store
from ..sync.store import restore as restore_state
from .frame import OK, WAITING, Seat, command
from .plans import person

__all__: list[str] = []

TargetArgument = Annotated[Path, typer.Argument(metavar="FILE", help="The backup to write.")]
PersonArgument = Annotated[
    str, typer.Argument(metavar="PERSON", help="Full name, id of either side, or book:person:ID.")
]
SourceArgument = Annotated[Path, typer.Argument(metavar="FILE", help="The backup to bring back.")]


@command("backup", help="Copy the state into one file; safe while runs are at work.")
def backup(seat: Seat, target: TargetArgument) -> int:
    if target.exists() and not seat.yes:
        raise Fatal(
            "backup_exists",
            "{file} exists already.",
            hint="Choose another name, or repeat with --yes to write over it.",
            file=str(target),
        )
    with seat.busy(seat.t("Copying…")), open_store(seat.settings) as store:
        store.backup(target)
    seat.emit({"file": target.resolve(), "bytes": target.stat().st_size})
    seat.say(seat.t("The state is copied to {file}.", file=str(target)))
    return OK


@command("restore", help="Bring a backup of the state back; the present state is kept aside.")
def restore(seat: Seat, source: SourceArgument) -> int:
    where = seat.settings.state_url
    if not isinstance(where, Path):
        raise Fatal(
            "restore_server",
            "This state lives on a database server and is not restored by uchet.",
            hint="Use the server's own means, for PostgreSQL: pg_restore.",
        )
    if not source.is_file():
        raise Fatal(
            "backup_missing", "There is no backup {file}.", hint="Give the path of the backup.", file=str(source)
        )
    if where.exists() and not seat.confirm(seat.t("Replace the state {file} by the backup?", file=str(where))):
        seat.emit({"restored": False})
        seat.say(seat.t("Nothing was changed; --yes replaces without asking."))
        return WAITING
    aside = restore_state(source, where)
    seat.emit({"restored": True, "file": where, "aside": aside})
    seat.say(seat.t("The state is back from {file}.", file=str(source)))
    if aside:
        seat.say(seat.t("The state before it is kept in {file}.", file=str(aside)))
    seat.say(seat.t("Run uchet resync before the next run: the state may be older than both sides."))
    return OK


@command("forget", help="Take a person's name out of the state for good; ids and the audit stay.")
def forget(seat: Seat, who: PersonArgument) -> int:
    if not seat.confirm(seat.t("Take the name {name} out of the state? This cannot be undone.", name=who)):
        seat.emit({"forgotten": False})
        seat.say(seat.t("Nothing was changed; --yes forgets without asking."))
        return WAITING
    holder = f"{socket.gethostname()}:{os.getpid()}"
    with seat.busy(seat.t("Forgetting…")), open_store(seat.settings) as store:
        cache = cache_folder(seat.settings)
        done = forgetting.forget(store, seat.settings.pair, who, by=person(), holder=holder, cache=cache)
    seat.emit({"forgotten": True, **dataclasses.asdict(done)})
    seat.say(
        seat.t("Forgotten: {alias} stands in the place of the name in {rows} rows.", alias=done.alias, rows=done.rows)
    )
    seat.say(seat.t("The person's records in 1C and on the desk are as they were; their name is not kept any more."))
    if done.copies:
        files = ", ".join(str(path) for path in done.copies)
        seat.say(seat.t("Older copies of the state still hold the name; delete them: {files}.", files=files))
    return OK
