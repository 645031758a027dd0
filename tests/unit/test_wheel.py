"""What is built is what stands in the tree: every package and data file, and nothing importable but `uchet`."""

from __future__ import annotations

import ast
import json
import os
import tarfile
import tomllib
import zipfile
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

import pytest
from wheel import build, called, install

from uchet.jobs import JOBS

#: Rooms of the checkout that are no part of the package.
OUTSIDE = {"tests", "docs", "bench", "build", "dist", "run"}
#: Files of the root that describe the project and not the package.
CARDS = {"pyproject.toml", "README.md", "CHANGELOG.md", "CONTRIBUTING.md", "LICENSE"}

#: Two sides at a port where nobody listens.
SETTINGS = """
[book]
connector = "onec"
mapping = "bp30"
url = "http://127.0.0.1:9/base"
user = "uchet"
[desk]
connector = "roundup"
mapping = "roundup"
url = "http://127.0.0.1:9/"
user = "uchet"
"""


def product(root: Path) -> Iterator[PurePosixPath]:
    """Every file of the package as it stands in the tree, relative to the root."""
    for folder, folders, files in os.walk(root):
        here = Path(folder).relative_to(root)
        folders[:] = [
            name
            for name in folders
            if not name.startswith(".")
            and name != "__pycache__"
            and not name.endswith(".egg-info")
            and not (folder == str(root) and name in OUTSIDE)
        ]
        for name in files:
            path = PurePosixPath((here / name).as_posix())
            if not name.startswith(".") and str(path) not in CARDS | OUTSIDE and path.suffix not in {".pyc", ".sqlite"}:
                yield path


@pytest.fixture(scope="module")
def built(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build(root, tmp_path_factory.mktemp("built"))


@pytest.fixture(scope="module")
def wheel(built: Path) -> Path:
    return next(built.glob("*.whl"))


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return install(wheel, tmp_path_factory.mktemp("installed") / "venv")


def test_wheel_holds_every_file_of_the_tree(root: Path, wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        inside = {name for name in archive.namelist() if not name.endswith("/")}
    expected = {f"uchet/{path}" for path in product(root)}
    assert sorted(expected - inside) == [], "not in the wheel: list the package or its data in pyproject.toml"
    assert sorted(name for name in inside - expected if ".dist-info/" not in name) == []


def test_sdist_holds_every_file_of_the_tree(root: Path, built: Path) -> None:
    with tarfile.open(next(built.glob("*.tar.gz"))) as archive:
        inside = {name.split("/", 1)[1] for name in archive.getnames() if "/" in name}
    assert sorted({str(path) for path in product(root)} - inside) == []
    assert {"pyproject.toml", "README.md", "LICENSE"} <= inside


def test_every_kind_of_data_was_looked_at(root: Path) -> None:
    """The walk itself sees what must not be lost: else the two tests above prove nothing."""
    suffixes = {path.suffix for path in product(root)}
    assert {".py", ".toml", ".po", ".mo", ".html", ".css"} <= suffixes
    paths = {str(path) for path in product(root)}
    assert {"__init__.py", "__main__.py", "__manifest__.py", "py.typed", "mappings/book/bp30.toml"} <= paths
    assert any("/migrations/versions/" in path for path in paths)
    assert any("/roundup/tracker/" in path for path in paths)


def test_wheel_brings_one_name(wheel: Path, installed: Path) -> None:
    """At the top of site-packages the wheel puts `uchet` and its own metadata: no `sync`, no `locale`, no `tests`."""
    with zipfile.ZipFile(wheel) as archive:
        tops = {name.split("/", 1)[0] for name in archive.namelist()}
    assert {top for top in tops if not top.endswith(".dist-info")} == {"uchet"}
    script = (
        "import importlib.util as u, sys\n"
        "names = 'uchet sync jobs connectors mappings emulator errors settings cli tests docs'.split()\n"
        "print([name for name in names if u.find_spec(name)])\n"
    )
    assert called(installed, "python", "-c", script).strip() == "['uchet']"


def test_wheel_runs_on_its_own_files(root: Path, installed: Path) -> None:
    """Every module of the package can be imported where it was installed, and none comes from the checkout."""
    modules = [".".join(["uchet", *path.with_suffix("").parts]) for path in product(root) if is_module(path)]
    script = (
        "import importlib, json, sys\n"
        "for name in json.load(sys.stdin): importlib.import_module(name.removesuffix('.__init__'))\n"
        "print(json.dumps(sorted({m.__file__ for n, m in sys.modules.items() if n.split('.')[0] == 'uchet'})))\n"
    )
    files = json.loads(called(installed, "python", "-c", script, given=json.dumps(modules)))
    assert len(files) >= len(modules) > 40
    assert [name for name in files if not name.startswith(str(installed))] == []


def test_host_example_runs_from_the_wheel(root: Path, installed: Path, tmp_path: Path) -> None:
    """The host sees the addon's card and jobs, and what `check()` finds where nobody listens."""
    for name, text in {
        "uchet.toml": SETTINGS,
        "host_example.py": (root / "docs/host_example.py").read_text("utf-8"),
    }.items():
        (tmp_path / name).write_text(text, "utf-8")
    passwords = {"UCHET_BOOK_PASSWORD": "secret", "UCHET_DESK_PASSWORD": "secret"}
    arguments = [str(tmp_path / "host_example.py"), "uchet", str(tmp_path / "uchet.toml")]
    told = called(installed, "python", *arguments, **passwords)
    assert "uchet 0.1.0 jobs: nightly" in told
    assert "127.0.0.1" in told
    assert "both sides are ready" not in told


def test_versions_and_dependencies_agree(root: Path) -> None:
    project = tomllib.loads((root / "pyproject.toml").read_text("utf-8"))["project"]
    card = ast.literal_eval((root / "__manifest__.py").read_text("utf-8"))
    assert card["version"] == project["version"]
    names = {line.split(">")[0].split(";")[0] for line in project["dependencies"] if "platform_system" not in line}
    assert set(card["external_dependencies"]["python"]) == names


def test_manifest_names_what_exists(root: Path) -> None:
    card = ast.literal_eval((root / "__manifest__.py").read_text("utf-8"))
    cards = [ast.literal_eval(path.read_text("utf-8")) for path in (root / "connectors").rglob("__manifest__.py")]
    assert card["connectors"] == sorted(one["name"] for one in cards)
    assert card["jobs"] == list(JOBS)
    assert [name for name in card["data"] if not (root / name).is_file()] == []


def is_module(path: PurePosixPath) -> bool:
    """A module of ours: templates of the tracker and migrations are run by others, `__main__` when asked."""
    inside = path.suffix == ".py" and not {"tracker", "migrations"} & set(path.parts)
    return inside and path.name not in {"__manifest__.py", "__main__.py"}
