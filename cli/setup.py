"""``init``, ``check`` and ``addons list``: from nothing to a pair that answers."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer
from pydantic import SecretStr
from rich.prompt import Prompt
from rich.text import Text

from ..connectors.registry import Manifest, available
from ..errors import Fatal, UchetError
from ..i18n import N_
from ..jobs.adopt import adopt, settings_of
from ..jobs.check import SideCheck, check, describe, sets_text
from ..jobs.setup import SideAnswers, keep_password, needed, prepare, ready, settings_text, usual_mapping
from ..mappings.adopt import Row
from ..mappings.load import available as mappings
from ..mappings.model import SIDES, Side
from ..settings import Settings, SideSettings, settings_path
from .frame import FAILED, OK, Seat, command
from .show import rows, table

__all__: list[str] = []

_FIRST = {"book": ("onec", "bp30"), "desk": ("roundup", "roundup")}
_EXTRA = N_("NAME=VALUE: a setting that only this connector has; may be given several times.")


def _option(side: str, what: str, *, help: str) -> typer.models.OptionInfo:
    option: typer.models.OptionInfo = typer.Option(f"--{side}-{what}", help=help)
    return option


@command("init", help="Ask for both sides, test the connections and write a commented uchet.toml (never a password).")
def init(
    seat: Seat,
    book_connector: Annotated[str, _option("book", "connector", help="Connector of the books.")] = "",
    book_mapping: Annotated[str, _option("book", "mapping", help="Mapping of the books.")] = "",
    book_url: Annotated[str, _option("book", "url", help="Address of the books.")] = "",
    book_user: Annotated[str, _option("book", "user", help="Login for the books.")] = "",
    book_extra: Annotated[list[str] | None, _option("book", "extra", help=_EXTRA)] = None,
    desk_connector: Annotated[str, _option("desk", "connector", help="Connector of the desk.")] = "",
    desk_mapping: Annotated[str, _option("desk", "mapping", help="Mapping of the desk.")] = "",
    desk_url: Annotated[str, _option("desk", "url", help="Address of the desk.")] = "",
    desk_user: Annotated[str, _option("desk", "user", help="Login for the desk.")] = "",
    desk_extra: Annotated[list[str] | None, _option("desk", "extra", help=_EXTRA)] = None,
    keyring: Annotated[bool, typer.Option("--keyring", help="Keep the passwords in the system's keyring.")] = False,
    force: Annotated[bool, typer.Option("--force", help="Write over an existing file.")] = False,
) -> int:
    path = settings_path(seat.file)
    if path.exists() and not (force or seat.confirm(seat.t("{file} exists. Write over it?", file=str(path)))):
        raise Fatal(
            "settings_exist",
            "The settings file {file} exists already and was left as it is.",
            hint="Repeat with --force to write over it, or name another file with --settings.",
            file=str(path),
        )
    given = {
        "book": (book_connector, book_mapping, book_url, book_user),
        "desk": (desk_connector, desk_mapping, desk_url, desk_user),
    }
    extra = {"book": book_extra or [], "desk": desk_extra or []}
    answers = {side: _ask_side(seat, side, given[side], extra[side]) for side in SIDES}
    settings = Settings(book=_side(answers["book"]), desk=_side(answers["desk"])).model_copy(
        update={"path": path.resolve(), "language": seat.language}
    )
    for side in SIDES:
        _test(seat, settings, side)
    kept = keyring or (seat.interactive and seat.confirm(seat.t("Keep the passwords in the system's keyring?")))
    for side in SIDES:
        if kept and (password := answers[side].password):
            keep_password(settings.pair, side, password)
    path.write_text(settings_text(answers, seat.language, keyring=kept), encoding="utf-8")
    seat.emit({"file": path.resolve(), "keyring": kept})
    seat.say(seat.t("{file} is written. Next: uchet check, then uchet plan.", file=str(path)))
    if not kept:
        seat.say(seat.t("Set the passwords in UCHET_BOOK_PASSWORD and UCHET_DESK_PASSWORD; they are in no file."))
    return OK


def _side(answers: SideAnswers) -> SideSettings:
    return SideSettings(
        connector=answers.connector,
        mapping=answers.mapping,
        url=answers.url,
        user=answers.user,
        password=SecretStr(answers.password) if answers.password else None,
        extra=answers.extra,
    )


def _ask_side(seat: Seat, side: Side, given: tuple[str, ...], extra: list[str]) -> SideAnswers:
    """What a person (or the options) says of one side; the password comes from the environment or is typed unseen."""
    connector, mapping, url, user = given
    first_connector, first_mapping = _FIRST[side]
    where = seat.words().side(side)
    connectors = [name for name, manifest in available().items() if side in manifest.kinds]
    connector = connector or _ask(seat, seat.t("{where}: connector", where=where), first_connector, connectors)
    first_mapping = usual_mapping(connector, list(mappings(side)), first_mapping)
    mapping = mapping or _ask(seat, seat.t("{where}: mapping", where=where), first_mapping, list(mappings(side)))
    url = url or _ask(seat, seat.t("{where}: address", where=where), "")
    named = dict(text.partition("=")[::2] for text in extra)
    for one in needed(connector):
        if not named.get(one.name):
            what = one.ru if seat.language == "ru" else one.en
            named[one.name] = _ask(seat, seat.t("{where}: {what}", where=where, what=what), "")
    if seat.interactive and not user:
        user = _ask(seat, seat.t("{where}: login (empty: none)", where=where), " ").strip()
    password = os.environ.get(f"UCHET_{side.upper()}_PASSWORD", "")
    if user and not password and seat.interactive:
        password = Prompt.ask(Text(seat.t("{where}: password", where=where)), password=True, console=seat.err)
    return SideAnswers(connector, mapping, url, user, password, named)


def _ask(seat: Seat, question: str, default: str, known: list[str] | None = None) -> str:
    if not seat.interactive:
        if default:
            return default
        raise Fatal(
            "init_unanswered",
            "Nobody is here to answer: {question}.",
            hint="Give it as an option: “uchet init --help” lists them.",
            question=question,
        )
    return Prompt.ask(Text(question), default=default or None, choices=known, console=seat.err) or ""


def _test(seat: Seat, settings: Settings, side: Side) -> None:
    try:
        with seat.busy(seat.t("Trying the connection…")):
            described = describe(settings, side)
    except UchetError:
        _prepare(seat, settings, side)
        raise
    seat.say(
        seat.t(
            "{where}: {product} answers, {count} sets published.",
            where=seat.words().side(side),
            product=described.product,
            count=len(described.collections),
        )
    )
    if not ready(settings, side, described):
        _prepare(seat, settings, side)


def _prepare(seat: Seat, settings: Settings, side: Side) -> None:
    """What an administrator of the other system must load first, where it lacks something and can be helped."""
    made = prepare(settings, side)
    if made is None:
        return
    where = seat.words().side(side)
    seat.say(seat.t("{where}: {file} is written; it makes what is missing there.", where=where, file=str(made.file)))
    seat.say("    " + made.command.format(file=made.file))
    seat.say(seat.t(made.advice))


@command("check", help="Hold the settings against what both sides really publish; writes nothing there.")
def check_pair(
    seat: Seat,
    names: Annotated[bool, typer.Option("--names", help="Show every name of the mappings, found or not.")] = False,
    sets: Annotated[Path | None, typer.Option("--sets", help="Write what to publish in 1C into this file.")] = None,
) -> int:
    try:
        with seat.busy(seat.t("Asking both sides…")):
            found = check(seat.settings)
    except UchetError as error:
        seat.fail(error)
        return FAILED
    bad = not all(side.ready for side in found)
    seat.emit({"ok": not bad, "sides": [_side_json(side, seat.language) for side in found]})
    for side in found:
        name = seat.words().side(side.side)
        if side.product:
            seat.say(Text(f"{name}: {side.product}, {side.identity}", "bold"))
        for finding in side.findings:
            mark, colour = ("!", "yellow") if finding.note else ("✗", "red")
            seat.say(Text(f"{mark} {name}: {finding.text(seat.language)}", colour))
        if not side.findings:
            seat.say(Text("✓ " + seat.t("{where}: everything needed is there.", where=name), "green"))
        _names(seat, side, everything=names)
    if sets is not None:
        sets.write_text(sets_text(found, seat.language), encoding="utf-8")
        seat.say(seat.t("What to publish is written to {file}.", file=str(sets)))
    return FAILED if bad else OK


def _names(seat: Seat, side: SideCheck, *, everything: bool) -> None:
    """How many names of each kind and document are there; the others, or all, one by one."""
    owners = dict.fromkeys(line.want.owner for line in side.lines)
    made = table(*(seat.t(title) for title in _COLUMNS))
    found = 0
    for owner in owners:
        for line in (line for line in side.lines if line.want.owner == owner):
            found += line.good
            told_by_its_set = line.state == "unpublished" and bool(line.want.wire)
            if everything or not (line.good or told_by_its_set):
                place = f"{line.want.collection}.{line.want.wire}".rstrip(".")
                rows(made, [[owner, line.want.name, place, seat.t(_STATES[line.state])]])
    counted = {"found": found, "all": len(side.lines), "where": seat.words().side(side.side)}
    seat.say(seat.t("{where}: {found} of {all} names of the mapping are there.", **counted))
    if made.row_count:
        seat.say(made)


_COLUMNS = (N_("Kind or document"), N_("Field or role"), N_("Name there"), N_("What became of it"))
_STATES = {
    "found": N_("found"),
    "unpublished": N_("set not published"),
    "missing": N_("missing"),
    "renamed": N_("gone out of use"),
    "wrong_type": N_("wrong type"),
    "undescribed": N_("not described"),
}


def _side_json(side: SideCheck, language: str) -> dict[str, object]:
    problems = [
        {"code": f.code, "message": f.text(language), "params": f.params, "note": f.note} for f in side.findings
    ]
    names = [
        {
            "owner": line.want.owner,
            "field": line.want.name,
            "set": line.want.collection,
            "name": line.want.wire,
            "state": line.state,
            "type": line.published,
            "needed": line.want.needed,
        }
        for line in side.lines
    ]
    head: dict[str, object] = {"side": side.side, "product": side.product, "identity": side.identity}
    return {**head, "problems": problems, "names": names}


@command("adopt", help="Propose a mapping for a configuration from a file of its $metadata, for a person to confirm.")
def adopt_metadata(
    seat: Seat,
    metadata: Annotated[Path, typer.Argument(metavar="METADATA", help="The $metadata of the base, saved as a file.")],
    out: Annotated[Path | None, typer.Option("--out", help="Write the proposal into this file.")] = None,
) -> int:
    proposal = adopt(metadata)
    text = settings_of(proposal, seat.language)
    alike = [row for row in proposal.rows if row.why == "alike"]
    missing = [row for row in proposal.rows if row.why == "none"]
    seat.emit(
        {
            "base": proposal.base,
            "same": len(proposal.rows) - len(alike) - len(missing),
            "alike": [_row_json(row) for row in alike],
            "missing": [_row_json(row) for row in missing],
            "overrides": dict(proposal.overrides),
        }
    )
    if out is None:
        seat.say(Text(text))
    else:
        out.write_text(text, encoding="utf-8")
        seat.say(seat.t("The proposal is written to {file}: read every line before you use it.", file=str(out)))
    return OK


def _row_json(row: Row) -> dict[str, object]:
    return {"owner": row.owner, "field": row.name, "known": row.known, "proposed": row.proposed, "share": row.share}


@command("list", group="addons", help="Connectors that are installed, and which side each one serves.")
def list_addons(seat: Seat) -> int:
    found = available()
    seat.emit({"connectors": [_addon_json(manifest) for manifest in found.values()]})
    words = seat.words()
    made = table(*(seat.t(title) for title in ("Name", "Title", "Version", "Side", "Quality", "Tested with")))
    for one in found.values():
        title = one.ru if seat.language == "ru" else one.en
        sides = ", ".join(words.side(side) for side in sorted(one.kinds))
        rows(made, [[one.name, title, one.version, sides, one.quality, ", ".join(one.tested_with)]])
    seat.say(made)
    return OK


def _addon_json(one: Manifest) -> dict[str, object]:
    return {
        "name": one.name,
        "title": {"ru": one.ru, "en": one.en},
        "version": one.version,
        "kinds": sorted(one.kinds),
        "quality": one.quality,
        "tested_with": one.tested_with,
        "package": one.package,
        "capabilities": one.capabilities,
    }
