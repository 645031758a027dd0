"""docs/morning.md is true: every command of the page is run in order, in a terminal's place, and answers what it says.

The page is told of a tiny firm raised here: a 1C (the emulator) and a desk (Roundup), both processes of their own.
In what the page expects, ``…`` stands for any text within a line, a line of nothing but ``…`` for any lines, and ``<name>`` for a word that
is remembered and put into later commands and answers.
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
        lines = [r"(?:[^\n]*\n)*" if line.strip() == "…" else self._line(line) + r" *\n" for line in answer]
        return re.compile("".join(lines))

    def _line(self, line: str) -> str:
        parts = re.split(r"(…|<\w+>)", line.rstrip())
        return "".join(self._part(part) for part in parts)

    def _part(self, part: str) -> str:
        if part == "…":
            return r"[^\n]*"
        hole = HOLE.fullmatch(part)
        if hole is None:
            return re.escape(part)
        word = self.known.get(hole[1])
        return re.escape(word) if word is not None else rf"(?P<{hole[1]}>\w+)"

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


def thing(number: int, inventory: str, label: str, serial: str, model: str, room: str, custodian: int, dep: str) -> Thing:
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


def test_the_morning_goes_as_told(root: Path, office: Path, closing: Callable[[str], None]) -> None:
    page = (root / "docs" / "morning.md").read_text("utf-8")
    (office / "person.py").write_text(script(page), encoding="utf-8")
    terminal, words, count = Terminal(office), Words(), 0
    for step in steps(page):
        said = terminal.run(words.put_in(step.command))
        told = f"docs/morning.md:{step.line}: $ {step.command}\n-- the page says\n" + "\n".join(step.answer)
        assert words.learn(step.answer, said), f"{told}\n-- the command says (exit {terminal.code})\n{said}"
        count += 1
    closing(f"morning: {count} commands of docs/morning.md answered as told")
    assert count >= 15
