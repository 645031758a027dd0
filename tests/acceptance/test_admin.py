"""What an administrator sees when something is not as it should be: the installed command against the emulator and a
real Roundup. Each trouble is one clear message in both languages with the documented exit code, and no write reaches
either side, although the pair has changes waiting (the last test lets them through, over the same proxies)."""

from __future__ import annotations

import base64
import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import pytest
from office import BOOK_LOGIN, PASSWORDS, Site, running

from uchet.connectors.contract_proxy import Answer, Request
from uchet.connectors.registry import available
from uchet.connectors.roundup.server import install
from uchet.jobs.demo.servers import free_ports
from uchet.jobs.demo.week import edits

WRONG = "неверный-пароль-4711"
PROPERTIES = "ChartOfCharacteristicTypes_ДополнительныеРеквизитыИСведения"
MOVE = "Document_ПеремещениеОС"
KNOWN = ", ".join(sorted(available()))
Arranged = AbstractContextManager[dict[str, str]]


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with running(tmp_path_factory.mktemp("admin")) as site:
        site.secrets.append(WRONG)
        with site.accountant() as book, site.specialist() as desk:
            edits(site.company, book, desk)  # corrections on both sides and one move: a healthy run would write
        yield site


@dataclass(frozen=True)
class Trouble:
    """What is wrong, and what the two messages must name. ``refused``: failed requests (books, desk) per command."""

    name: str
    arrange: Callable[[Site], Arranged]
    ru: tuple[str, ...]
    en: tuple[str, ...]
    refused: tuple[int, int] | None = None
    #: Trouble that only a run meets.
    unchecked: bool = False


def changed(*changes: tuple[str, str], **environment: str) -> Callable[[Site], Arranged]:
    """``uchet.toml`` with these places replaced; ``{book}`` and ``{desk}`` are the addresses in it."""

    @contextmanager
    def arrange(site: Site) -> Iterator[dict[str, str]]:
        places = {"book": site.book_tap.url, "desk": site.desk_tap.url}
        with site.settings_changed(*((old.format(**places) if old else "", new) for old, new in changes)):
            yield environment

    return arrange


@contextmanager
def no_file(site: Site) -> Iterator[dict[str, str]]:
    yield {"UCHET_SETTINGS": str(site.folder / "elsewhere.toml")}


@contextmanager
def unpublished(site: Site, name: str) -> Iterator[dict[str, str]]:
    site.onec.world.unpublish(name)
    yield {}
    site.onec.world.publish(name)


@contextmanager
def no_property(site: Site) -> Iterator[dict[str, str]]:
    key = next(str(r["Ref_Key"]) for r in site.onec.world.rows(PROPERTIES) if r["Заголовок"] == "ИТ: место")
    site.onec.world.mark(PROPERTIES, key)
    yield {}
    site.onec.world.mark(PROPERTIES, key, False)


@contextmanager
def forbidden(site: Site) -> Iterator[dict[str, str]]:
    site.onec.switches.forbidden = ("Catalog_ОсновныеСредства",)
    yield {}
    site.onec.switches.forbidden = ()


@contextmanager
def no_licence(site: Site) -> Iterator[dict[str, str]]:
    site.onec.switches.licences = 0
    yield {}
    site.onec.switches.licences = None


@contextmanager
def desk_without_serial(site: Site) -> Iterator[dict[str, str]]:
    def strip(request: Request, forward: Callable[[], Answer]) -> Answer:
        answer = forward()
        schema = json.loads(answer.body)
        del schema["data"]["classes"]["equipment"]["properties"]["serial"]
        return Answer(answer.status, answer.headers, json.dumps(schema).encode())

    with site.desk_tap.failing(strip, on=lambda request: request.path == "/rest/uchet"):
        yield {}


@contextmanager
def another_tracker(site: Site, *, ours: bool) -> Iterator[dict[str, str]]:
    """A second real Roundup, of our template or without what our template adds to REST. A process of its own: what a
    tracker adds to REST holds for every tracker of its process."""
    home = site.folder.parent / f"another-{ours}"
    install(home, url="http://127.0.0.1:1/", passwords=PASSWORDS, rounds=1000)
    if not ours:
        (home / "interfaces.py").unlink()
    command = (sys.executable, "-P", "-m", "uchet.connectors.roundup.server", str(home), "0")
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        url = process.stdout.readline().strip()
        try:
            with site.settings_changed((f'url = "{site.desk_tap.url}"', f'url = "{url}"')):
                yield {}
        finally:
            process.terminate()


CLOSED = f"http://127.0.0.1:{free_ports().book}"
BOOK_URL, DESK_URL, STATE = 'url = "{book}"', 'url = "{desk}"', 'state = "state/uchet.db"'
SETTINGS = (
    Trouble("no file", no_file, ("elsewhere.toml", "uchet init"), ("elsewhere.toml", "--settings")),
    Trouble("broken", changed(("[book]", "[book")), ("uchet.toml", "не читается"), ("uchet.toml", "line 5")),
    Trouble(
        "unknown key",
        changed(("timeout = 20", 'colour = "red"')),
        ("uchet.toml", "book.colour", "Такой настройки нет"),
        ("uchet.toml", "book.colour", "There is no such setting"),
    ),
    Trouble(
        "wrong type",
        changed(("timeout = 20", 'timeout = "soon"')),
        ("uchet.toml", "book.timeout", "soon", "число"),
        ("uchet.toml", "book.timeout", "soon", "Expected a number"),
    ),
    Trouble(
        "wrong variable",
        changed(UCHET_GUARD__CHANGE_MAX="many"),
        ("UCHET_GUARD__CHANGE_MAX", "many"),
        ("UCHET_GUARD__CHANGE_MAX", "many", "whole number"),
    ),
    Trouble(
        "password in the file",
        changed(("timeout = 20", f'password = "{WRONG}"')),
        ("uchet.toml", "[book]", "UCHET_BOOK_PASSWORD"),
        ("uchet.toml", "[book]", "UCHET_BOOK_PASSWORD"),
    ),
    Trouble(
        "no password",
        changed(UCHET_DESK_PASSWORD=""),
        ("[desk]", "UCHET_DESK_PASSWORD"),
        ("no password for [desk]", "UCHET_DESK_PASSWORD"),
    ),
    Trouble(
        "unknown connector",
        changed(('"roundup"', '"rundup"')),
        ("rundup", KNOWN),
        ("rundup", f"Known connectors: {KNOWN}"),
    ),
    Trouble(
        "unknown field",
        changed(("", '\n[fields."equipment.colour"]\nowner = "desk"\n')),
        ("equipment.colour",),
        ("equipment.colour", "does not exist"),
    ),
    Trouble(
        "state where nothing can be",
        changed((STATE, 'state = "/proc/uchet/uchet.db"')),
        ("/proc/uchet/uchet.db", "state в uchet.toml"),
        ("/proc/uchet/uchet.db", "Correct state in uchet.toml"),
    ),
)
SIDES = (
    Trouble("books down", changed((BOOK_URL, f'url = "{CLOSED}/demo"')), (CLOSED[7:], "не отвечает"), (CLOSED[7:],)),
    Trouble("desk down", changed((DESK_URL, f'url = "{CLOSED}"')), (CLOSED[7:], "не отвечает"), (CLOSED[7:],)),
    Trouble(
        "wrong password of the books",
        changed(UCHET_BOOK_PASSWORD=WRONG),
        ("1С отклонила вход", "UCHET_BOOK_PASSWORD", "[book]"),
        ("1C refused the login", "UCHET_BOOK_PASSWORD", "[book]"),
        (1, 0),
    ),
    Trouble(
        "wrong password of the desk",
        changed(UCHET_DESK_PASSWORD=WRONG),
        ("UCHET_DESK_PASSWORD", "[desk]"),
        ("The desk refused the login", "UCHET_DESK_PASSWORD", "[desk]"),
        (0, 1),
    ),
    Trouble(
        "no rights in the books",
        forbidden,
        ("Catalog_ОсновныеСредства", "Удаленный доступ OData"),
        ("Catalog_ОсновныеСредства", "not enough rights", "Удаленный доступ OData"),
        (1, 0),
    ),
    Trouble(
        "no rights at the desk",
        changed(('user = "uchet"', 'user = "support"'), UCHET_DESK_PASSWORD=PASSWORDS["support"]),
        ("роль Integration",),
        ("role Integration",),
        (0, 1),
    ),
    Trouble(
        "unpublished set",
        lambda site: unpublished(site, "Catalog_Сотрудники"),
        ("Catalog_Сотрудники", "отметьте «Справочники → Сотрудники»"),
        ("Catalog_Сотрудники is not published", "tick «Справочники → Сотрудники»"),
    ),
    Trouble(
        "unpublished attribute",
        lambda site: unpublished(site, "Catalog_ОсновныеСредства/ЗаводскойНомер"),
        ("Catalog_ОсновныеСредства", "ЗаводскойНомер", "uchet.toml"),
        ("Catalog_ОсновныеСредства has no attribute ЗаводскойНомер",),
    ),
    Trouble("no additional attribute", no_property, ("«ИТ: место»", "создайте"), ("«ИТ: место»", "create it")),
    Trouble("desk property", desk_without_serial, ("equipment", "serial", "добавьте"), ("equipment", "serial", "add")),
    Trouble(
        "foreign tracker",
        lambda s: another_tracker(s, ours=False),
        ("interfaces.py",),
        ("interfaces.py", "restart Roundup"),
    ),
    Trouble("no licence", no_licence, ("нет свободной лицензии",), ("no free licence", "Close unused 1C"), (1, 0)),
    Trouble(
        "somebody else's state",
        changed((STATE, 'state = "uchet.toml"')),
        (),
        ("uchet.toml", "state store"),
        unchecked=True,
    ),
)


@pytest.mark.parametrize("trouble", [*SETTINGS, *SIDES], ids=lambda trouble: trouble.name)
def test_one_clear_message_and_nothing_written(site: Site, trouble: Trouble) -> None:
    said = {}
    with trouble.arrange(site) as environment:
        for words in (("check", "--lang", "ru"), ("run", "nightly", "--lang", "en")):
            site.forget()
            said[words[0]] = site.uchet(*words, **environment)
            assert not site.writes
            if trouble.refused:
                assert (len(site.book_tap.refused), len(site.desk_tap.refused)) == trouble.refused, words
    check, run = said["check"], said["run"]
    assert run.code == 4, run
    assert run.out == ""
    assert len(run.err.strip().splitlines()) == 1, run.err
    assert all(part in run.err for part in trouble.en), run.err
    assert check.code == (0 if trouble.unchecked else 4), check
    assert all(part in check.text for part in trouble.ru), check.text
    if trouble in SIDES:
        assert check.out.count("✗") == (not trouble.unchecked), check.out
        assert check.err == ""
    else:
        assert len(check.text.strip().splitlines()) == 1, check.text
    assert "Traceback" not in check.text + run.text


def test_another_tracker_of_ours_waits_for_a_person(site: Site) -> None:
    with another_tracker(site, ours=True):
        site.forget()
        run = site.uchet("run", "nightly", "--json", "--lang", "en")
        assert run.code == 3
        assert "identity_changed" in run.json["reasons"]
        assert (site.writes, run.json["run"]["writes"]) == ([], 0)


def test_the_right_password_still_enters_after_the_wrong_ones(site: Site) -> None:
    done = site.uchet("check", "--json")
    assert done.code == 0, done
    assert [side["problems"] for side in done.json["sides"]] == [[], []]


@pytest.mark.parametrize("kilobytes", [8, 64])
def test_a_full_disk_is_one_message_and_nothing_written(site: Site, kilobytes: int) -> None:
    site.forget()
    done = site.uchet("run", "nightly", "--lang", "en", disk=kilobytes)
    assert (done.code, site.writes) == (4, [])
    assert len(done.err.strip().splitlines()) == 1, done.err
    assert "uchet.db" in done.err
    assert "free disk space" in done.err
    status = site.uchet("status", "--json")
    assert status.code == 0
    assert status.json["audit_broken"] is None


def test_a_closed_period_keeps_the_draft_out_and_is_asked_once(site: Site) -> None:
    site.onec.world.close_period(f"{date.today() + timedelta(days=3)}")
    for _ in range(2):
        run = site.uchet("run", "nightly", "--json", "--lang", "en")
        assert run.code == 1, run
        assert not site.onec.world.rows(MOVE)
    for language, part in (("ru", "закрыт"), ("en", "closed period")):
        listed = site.uchet("issues", "list", "--code", "write_failed", "--lang", language)
        assert listed.code == 0
        assert listed.out.count(part) == 1, listed.out
    site.onec.world.set_constant("ИспользоватьДатыЗапретаИзменения", False)


def test_put_right_the_waiting_changes_go_through(site: Site) -> None:
    site.forget()
    run = site.uchet("run", "nightly", "--json").json["run"]
    assert run["outcome"] == "changed"
    assert run["drafts"] == 1
    assert site.writes
    assert len(site.onec.world.rows(MOVE)) == 1


def test_no_password_is_in_anything_said_or_kept(site: Site) -> None:
    for words in (("check",), ("run", "nightly"), ("explain", "1")):
        site.uchet(*words, UCHET_DEBUG="1")
        site.uchet(*words, UCHET_DEBUG="1", UCHET_BOOK_PASSWORD=WRONG)
    users = (BOOK_LOGIN[0], "uchet", "support")
    logins = [f"{user}:{secret}" for user in users for secret in site.secrets]
    hidden = [*site.secrets, *(base64.b64encode(login.encode()).decode() for login in logins)]
    said = "".join(answer.text for answer in site.answers)
    assert "http" in said  # the debug log was on
    kept: list[Path] = [path for path in site.folder.rglob("*") if path.is_file()]
    assert any(path.name == "uchet.db" for path in kept)
    for secret in hidden:
        assert secret not in said
        assert not [path for path in kept if secret.encode() in path.read_bytes()]
