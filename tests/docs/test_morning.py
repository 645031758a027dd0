"""docs/morning.md is true: every command of the page is run in order, in a terminal's place, and answers what it says.

The page is told of a tiny firm raised here: a 1C (the emulator) and a desk (Roundup), both processes of their own.
In what the page expects, ``…`` stands for any text within a line, a line of nothing but ``…`` for any lines, and
``<name>`` for a word that is remembered and put into later commands and answers.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from uchet.jobs.demo.company import Asset, Company, Department, Employment, Organization, Person, Place, Thing
from uchet.jobs.demo.people import ZONE
from uchet.jobs.demo.servers import Servers, free_ports, settle

HOLE = re.compile(r"<(\w+)>")


# -- the page ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Step:
    """One command of the page and the answer it promises; ``line`` is where it stands."""

    command: str
    answer: tuple[str, ...]
    line: int


def steps(page: str) -> Iterator[Step]:
    """Every ``$`` command of every console block, in order."""
    block = False
    found: list[tuple[str, list[str], int]] = []
    for number, line in enumerate(page.splitlines(), 1):
        if line.startswith("```"):
            block = line == "```console"
        elif block and line.startswith("$ "):
            found.append((line[2:], [], number))
        elif block:
            found[-1][1].append(line)
    return (Step(command, tuple(answer), number) for command, answer, number in found)


def script(page: str) -> str:
    """The page's only Python block: person.py."""
    (text,) = re.findall(r"^```python\n(.*?)^```$", page, flags=re.MULTILINE | re.DOTALL)
    return str(text)


@dataclass
class Words:
    """What ``<name>`` stands for, as learnt from the answers."""

    known: dict[str, str] = field(default_factory=dict)

    def put_in(self, text: str) -> str:
        """``text`` with every known word in its place."""
        return HOLE.sub(lambda hole: self.known[hole[1]], text)

    def pattern(self, answer: tuple[str, ...]) -> re.Pattern[str]:
        """What an answer must look like; a word not known yet becomes a group of its name."""
        new: set[str] = set()
        lines = [r"(?:[^\n]*\n)*" if line.strip() == "…" else self._line(line, new) + r" *\n" for line in answer]
        return re.compile("".join(lines))

    def _line(self, line: str, new: set[str]) -> str:
        return "".join(self._part(part, new) for part in re.split(r"(…|<\w+>)", line.rstrip()))

    def _part(self, part: str, new: set[str]) -> str:
        hole = HOLE.fullmatch(part)
        if hole is None:
            return r"[^\n]*" if part == "…" else re.escape(part)
        name = hole[1]
        if name in self.known:
            return re.escape(self.known[name])
        first = name not in new
        new.add(name)
        return rf"(?P<{name}>\w+)" if first else f"(?P={name})"

    def first_lie(self, answer: tuple[str, ...], said: str) -> str:
        """The first promised line that was not said, or that nothing more was promised."""
        for count, line in enumerate(answer, 1):
            if self.pattern(answer[:count]).match(said) is None:
                return line
        return "nothing more"

    def learn(self, answer: tuple[str, ...], said: str) -> bool:
        """Whether ``said`` is what was promised; new words are remembered."""
        met = self.pattern(answer).fullmatch(said)
        if met is None:
            return False
        self.known |= met.groupdict()
        return True


@dataclass
class Terminal:
    """A shell in a folder; like a terminal, it shows both streams and remembers how the last command ended."""

    folder: Path
    code: int = 0

    def run(self, command: str) -> str:
        told = subprocess.run(
            ["sh", "-c", f"(exit {self.code})\n{command}"],
            cwd=self.folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env=environment(),
            timeout=60,
            check=False,
        )
        self.code = told.returncode
        return told.stdout.decode()


def environment() -> dict[str, str]:
    """Ours without settings of uchet, with the tested ``uchet`` and ``python`` first."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("UCHET_")}
    bin = str(Path(sys.executable).parent)
    return {**kept, "PATH": f"{bin}{os.pathsep}{kept.get('PATH', '')}", "TZ": ZONE, "PYTHONUTF8": "1"}


# -- the firm ------------------------------------------------------------------------------------------------------

HIRED = date(2021, 2, 1)


def person(number: int, name: str, department: str, desk_name: str) -> Person:
    job = Employment(f"job-{number}", "org", department, f"{number:05d}", HIRED)
    return Person(f"person-{number}", name, (job,), desk_name, number_on_desk=True)


def asset(number: int, name: str, custodian: int, department: str, cost: str, serial: str = "") -> Asset:
    return Asset(
        key=f"fa-{number}",
        group="Техника",
        organization="org",
        department=department,
        custodian=f"person-{custodian}",
        inventory=f"БП-{number:06d}",
        name=name,
        maker="",
        serial=serial,
        cost=Decimal(cost),
        commissioned=date(2024, 3, 14),
    )


def thing(
    number: int, inventory: str, label: str, serial: str, model: str, room: str, custodian: int, dep: str
) -> Thing:
    who = f"person-{custodian}"
    return Thing(
        key=f"thing-{number}",
        of=f"fa-{number}",
        inventory=inventory,
        label=label,
        serial=serial,
        model=model,
        room=room,
        user=who,
        status="in_use",
        organization="org",
        department=dep,
        custodian=who,
    )


def firm() -> Company:
    """Three people and four machines, one of them under a number typed in the wrong alphabet, one not on the desk."""
    return Company(
        today=datetime.now(ZoneInfo(ZONE)).date(),
        organizations=(Organization("org", "ООО «Вектор»", "7701234563", "БП-{:06d}", "ООО «Вектор»"),),
        departments=(
            Department("dep-1", "org", "00-001", "Бухгалтерия", on_desk=True),
            Department("dep-2", "org", "00-002", "Отдел продаж", on_desk=True),
        ),
        people=(
            person(1, "Семёнова Анна Петровна", "dep-1", "Семенова А.П."),
            person(2, "Иванов Сергей Петрович", "dep-2", "Иванов С.П."),
            person(3, "Лебедева Ирина Юрьевна", "dep-2", "Лебедева Ирина Юрьевна"),
        ),
        places=(
            Place("place-1", "Склад ИТ", "warehouse", "000000001", in_book=True, on_desk=True),
            Place("place-2", "каб. 204", "room", "", in_book=False, on_desk=True),
        ),
        assets=(
            asset(101, "Ноутбук Lenovo ThinkPad T14 Gen 3", 2, "dep-2", "128400.00"),
            asset(102, "Моноблок iRU Agile 23.8", 1, "dep-1", "101500.00"),
            asset(103, "Сервер YADRO Vegman R220", 1, "dep-1", "1845000.00"),
            asset(107, "МФУ Kyocera TASKalfa 2554ci", 3, "dep-2", "389000.00"),
        ),
        things=(
            thing(101, "БП-000101", "nb-101", "PF3AKNWX7", "ThinkPad T14 Gen 3", "place-2", 2, "dep-2"),
            thing(102, "инв. № бп-102", "wks-102", "IRU77412KX", "iRU Agile 23.8", "place-2", 1, "dep-1"),
            thing(107, "BP-000107", "prn-107", "R6Q5501234", "TASKalfa 2554ci", "place-2", 3, "dep-2"),
        ),
    )


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Path]:
    """The folder of the page: its settings, its person.py, and both servers up."""
    ports = free_ports()
    settle(tmp_path, firm(), ports)
    with Servers(tmp_path, ports):
        yield tmp_path


# -- the test ------------------------------------------------------------------------------------------------------


#: What the page must show; a page without one of these would no longer tell the story it is there for.
STORY = (
    "uchet run nightly",
    "uchet approve <plan>",
    "uchet apply <plan>",
    "uchet issues decide 1 link",
    "uchet issues decide 2 take-desk",
    "python person.py drafts",
    "uchet explain",
)


def test_the_morning_goes_as_told(root: Path, office: Path, closing: Callable[[str], None]) -> None:
    page = (root / "docs" / "morning.md").read_text("utf-8")
    (office / "person.py").write_text(script(page), encoding="utf-8")
    terminal, words, typed = Terminal(office), Words(), []
    for step in steps(page):
        said = terminal.run(words.put_in(step.command))
        lie = f"docs/morning.md:{step.line}: $ {step.command}\n-- the page says: {words.first_lie(step.answer, said)}"
        assert words.learn(step.answer, said), f"{lie}\n-- the command says (exit {terminal.code}):\n{said}"
        typed.append(step.command)
    assert [part for part in STORY if not any(command.startswith(part) for command in typed)] == []
    closing(f"morning: {len(typed)} commands of docs/morning.md answered as told")


@pytest.mark.parametrize(
    ("answer", "said", "true"),
    [
        (("План <plan> ждёт", "…", "записано 2"), "План abc ждёт\nодно\nдругое\nзаписано 2  \n", True),
        (("План <plan> ждёт", "…", "записано 2"), "План abc ждёт\nзаписано 2\n", True),
        (("записано 2",), "записано 3\n", False),
        (("записано 2",), "записано 2\nи ещё строка\n", False),
        (("записано 2", "и ещё строка"), "записано 2\n", False),
        (("Запуск …: изменено",), "Запуск 7\n: изменено\n", False),
        (("План <plan>, <plan>",), "План abc, abd\n", False),
        ((), "Ошибка\n", False),
        ((), "", True),
    ],
)
def test_a_lie_is_seen(answer: tuple[str, ...], said: str, true: bool) -> None:
    assert Words().learn(answer, said) is true


def test_the_lie_is_named() -> None:
    assert Words().first_lie(("a …", "b", "c"), "a 1\nb\nd\n") == "c"
    assert Words().first_lie(("a", "b"), "a\nb\nc\n") == "nothing more"


def test_a_word_is_remembered() -> None:
    words = Words()
    assert words.learn(("План <plan> ждёт, «approve <plan>»",), "План a1b2 ждёт, «approve a1b2»\n")
    assert words.put_in("uchet approve <plan>") == "uchet approve a1b2"
    assert words.learn(("План <plan> согласован",), "План a1b2 согласован\n")
    assert not words.learn(("План <plan> согласован",), "План ffff согласован\n")


def test_a_terminal_remembers_how_the_last_command_ended(tmp_path: Path) -> None:
    terminal = Terminal(tmp_path)
    assert terminal.run("echo out; echo aside >&2; exit 3") == "out\naside\n"
    assert terminal.run("echo $?") == "3\n"
    assert terminal.run("echo $?") == "0\n"


def test_every_answer_on_a_page_belongs_to_a_command() -> None:
    page = "```console\n$ one\nsaid\n\n$ two\n```\nprose\n```python\n$ no\n```\n"
    assert list(steps(page)) == [Step("one", ("said", ""), 2), Step("two", (), 5)]
