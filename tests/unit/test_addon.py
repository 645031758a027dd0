"""The addon as a host holds it: from a folder under a foreign name, and by its own name."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from pathlib import Path

import pytest

import uchet
from uchet.addon import EVENTS, Addon
from uchet.emulator import Emulator
from uchet.errors import Fatal
from uchet.jobs import JOBS

SETTINGS = """
[book]
connector = "onec"
mapping = "bp30"
url = "{url}"
[desk]
connector = "roundup"
mapping = "roundup"
url = "http://127.0.0.1:9"
user = "uchet"
"""


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("UCHET_DESK_PASSWORD", "x")
    path = tmp_path / "uchet.toml"
    path.write_text(SETTINGS.format(url="http://127.0.0.1:9/base"), encoding="utf-8")
    return path


def test_the_package_gives_the_addon_and_imports_nothing_else() -> None:
    assert uchet.Addon is Addon
    with pytest.raises(AttributeError, match="no attribute 'Plugin'"):
        uchet.Plugin  # noqa: B018
    code = "import sys, uchet; sys.exit(any(n.startswith('uchet.') or n == 'sqlalchemy' for n in sys.modules))"
    assert subprocess.run([sys.executable, "-P", "-c", code], check=False).returncode == 0


def test_jobs_and_events_are_those_that_run(settings: Path) -> None:
    addon = Addon(settings)
    assert addon.jobs == tuple(JOBS) == ("nightly", "reconcile")
    assert set(EVENTS.values()) <= set(addon.jobs)
    assert "desk.changed" in addon.events


def test_an_event_runs_its_job(settings: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    addon = Addon(settings)
    ran: list[object] = []
    monkeypatch.setattr("uchet.jobs.run_job", lambda *given: ran.append(given) or "run")
    assert addon.on("desk.changed") == "run"
    assert ran == [(addon.settings, "nightly")]


def test_unknown_jobs_and_events_are_refused_with_what_there_is(settings: Path) -> None:
    addon = Addon(str(settings))
    with pytest.raises(Fatal, match=r"does not know the event rained.*Events: night, book\.changed"):
        addon.on("rained")
    with pytest.raises(Fatal, match=r"no job called weekly.*Jobs: nightly"):
        addon.run("weekly")


def test_settings_that_cannot_be_used_are_told_at_once(tmp_path: Path) -> None:
    with pytest.raises(Fatal, match="settings_missing"):
        Addon(tmp_path / "none.toml")


def test_check_finds_what_a_side_says(settings: Path) -> None:
    with Emulator() as onec:
        settings.write_text(SETTINGS.format(url=onec.url), encoding="utf-8")
        book, desk = Addon(settings).check()
    assert "1C" in book.product
    assert {finding.code for finding in book.findings} == {"property_missing"}
    assert len(desk.findings) == 1


@pytest.mark.parametrize("place", ["folder", "package"])
def test_the_example_host_takes_both(root: Path, settings: Path, place: str) -> None:
    """From the folder under a foreign name, and as an installed package."""
    with Emulator() as onec:
        settings.write_text(SETTINGS.format(url=onec.url), encoding="utf-8")
        where = str(root) if place == "folder" else "uchet"
        command = [sys.executable, "-P", str(root / "docs" / "host_example.py"), where, str(settings)]
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120, cwd=settings.parent)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("uchet 0.1.0 jobs: nightly")
    assert "ИТ: модель" in done.stdout


def test_under_a_foreign_name_nothing_of_ours_is_imported_by_its_own(root: Path, settings: Path) -> None:
    """Every module of the package loads by relative imports alone, even where ``uchet`` itself cannot be found."""
    code = """
import importlib, pkgutil, sys
sys.path[:] = [p for p in sys.path if p]
class Hide:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] == "uchet":
            raise ImportError(f"an absolute import of {name}")
sys.meta_path.insert(0, Hide())
sys.path.insert(0, DOCS)
import host_example
package, card = host_example.load(ROOT, "acme_addons_books")
names = [m.name for m in pkgutil.walk_packages(package.__path__, package.__name__ + ".")]
aside = ("tests", "docs", "bench", "build", "tracker", "migrations", "__main__", "contract")
wanted = [n for n in names if not set(n.split(".")) & set(aside)]
for name in wanted:
    importlib.import_module(name)
print(len(wanted))
addon = package.Addon(SETTINGS)
try:
    addon.on("rained")
except package.errors.Fatal as error:
    print(error.text("ru"))
"""
    code = code.replace("DOCS", repr(str(root / "docs"))).replace("ROOT", repr(str(root)))
    code = code.replace("SETTINGS", repr(str(settings)))
    command = [sys.executable, "-P", "-c", code]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120, cwd=settings.parent)
    assert done.returncode == 0, done.stderr[-2000:]
    count, told = done.stdout.splitlines()
    assert int(count) > 60
    assert told == "uchet не знает события rained. События: night, book.changed, desk.changed, issue.decided."


def test_the_example_is_about_thirty_lines(root: Path) -> None:
    path = root / "docs" / "host_example.py"
    assert len(path.read_text(encoding="utf-8").splitlines()) <= 45
    spec = importlib.util.spec_from_file_location("host_example", path)
    assert spec is not None
