"""docs/commands.md tells of every command and option there is and of no other; every help has two languages."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest
import typer

from uchet.cli import build_app
from uchet.i18n.issues import ISSUES

COMMON = {"--settings", "--json", "--lang", "--yes", "--help"}


@dataclass(frozen=True)
class Told:
    """What the command line says of itself: help, own options, and the help of every parameter."""

    help: str
    options: frozenset[str]
    arguments: frozenset[str]
    parameters: Mapping[str, str]


def commands(language: str) -> dict[str, Told]:
    """Every command by its full name, as Typer really builds it."""
    found: dict[str, Told] = {}
    walk(typer.main.get_command(build_app(language)), "uchet", found)
    return found


def walk(node, name: str, found: dict[str, Told]) -> None:
    inner = getattr(node, "commands", None)
    if inner is not None:
        for word, one in inner.items():
            walk(one, f"{name} {word}", found)
        return
    options = {o for p in node.params if p.param_type_name == "option" for o in p.opts if o.startswith("--")}
    arguments = {str(p.metavar).strip("[]") for p in node.params if p.param_type_name == "argument"}
    helps = {str(p.name): str(p.help or "") for p in node.params if p.name != "help"}
    found[name] = Told(str(node.help or ""), frozenset(options - COMMON), frozenset(arguments), helps)


def sections(root: Path) -> dict[str, str]:
    text = (root / "docs" / "commands.md").read_text("utf-8")
    parts = re.split(r"^### (uchet [^\n]+)$", text, flags=re.MULTILINE)
    return {
        name: re.split(r"^## ", body, flags=re.MULTILINE)[0]
        for name, body in zip(parts[1::2], parts[2::2], strict=True)
    }


NAMES = sorted(commands("en"))


def test_the_page_and_the_command_line_name_the_same_commands(root: Path) -> None:
    assert sorted(sections(root)) == NAMES
    assert len(NAMES) >= 20


@pytest.mark.parametrize("name", NAMES)
def test_options_and_arguments_are_documented(root: Path, name: str) -> None:
    section, told = sections(root)[name], commands("en")[name]
    assert set(re.findall(r"--[a-z][a-z-]+", section)) - COMMON == told.options
    usage = next(line for line in section.splitlines() if line.strip().startswith(name))
    assert [word for word in told.arguments if word not in usage and word != "JOB"] == []


@pytest.mark.parametrize("name", NAMES)
def test_every_help_has_two_languages(name: str) -> None:
    english, russian = commands("en")[name], commands("ru")[name]
    assert english.help
    assert english.help != russian.help
    assert re.search("[а-я]", russian.help)
    bare = [word for word, text in english.parameters.items() if not text or text == russian.parameters[word]]
    assert bare == [], "parameters without help, or without a Russian one"


def test_common_options_are_documented(root: Path) -> None:
    head = (root / "docs" / "commands.md").read_text("utf-8").split("## Trying it")[0]
    assert [option for option in COMMON if option not in head] == []


def test_every_answer_to_a_question_is_documented(root: Path) -> None:
    answers = {choice for text in ISSUES.values() for choice in text.choices}
    section = sections(root)["uchet issues decide"]
    assert len(answers) >= 5
    assert [answer for answer in sorted(answers) if f"`{answer}" not in section] == []
