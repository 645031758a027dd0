"""Each mutant of ``mutants.py``, planted in the real engine, is found by the laws it breaks."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from planting import load_mutants, planted

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
TABLE = load_mutants()
#: pytest's own word for "tests were run and some failed".
FAILED = 1


def test_every_law_has_a_mutant_of_its_own() -> None:
    assert len(TABLE.CLASSIC) == 13
    assert len(TABLE.BY_NAME) == len(TABLE.MUTANTS)
    assert sorted({law for mutant in TABLE.MUTANTS for law in mutant.laws}) == list(TABLE.LAWS)


def test_every_mutant_has_its_place_exactly_once() -> None:
    """Quick, so that a refactoring that moves one is told at once."""
    for mutant in TABLE.MUTANTS:
        path = ROOT.joinpath(*mutant.module.split(".")[1:]).with_suffix(".py")
        compile(planted(path.read_text(encoding="utf-8"), mutant), path, "exec")
        for test in mutant.killers.values():
            file, _, name = test.partition("::")
            text = (HERE / f"test_{file}.py").read_text(encoding="utf-8")
            assert text.count(f"def test_{name}(") == 1, f"{mutant.name}: there is no {test}"


def plant(name: str) -> tuple[list[int], str]:
    """The laws that did not find the mutant, and what pytest said."""
    mutant = TABLE.BY_NAME[name]
    files = sorted({f"{HERE}/test_{test.partition('::')[0]}.py" for test in mutant.killers.values()})
    wanted = " or ".join(sorted({test.partition("::")[2] for test in mutant.killers.values()}))
    command = (sys.executable, "-m", "pytest", "-p", "planting", "-p", "no:cacheprovider", "-q", "--tb=line", *files)
    environment = {**os.environ, "UCHET_MUTANT": name, "UCHET_PROFILE": "mutant", "PYTHONPATH": "tests/support"}
    environment = {key: value for key, value in environment.items() if not key.startswith(("PYTEST_", "COV_"))}
    done = subprocess.run(
        (*command, "-k", wanted), cwd=ROOT, env=environment, capture_output=True, text=True, timeout=600, check=False
    )
    said = f"{done.stdout[-3000:]}\n{done.stderr[-1000:]}"
    found = re.search(r"^FOUND (.*)$", done.stdout, re.MULTILINE)
    if done.returncode != FAILED or found is None:
        return list(mutant.laws), f"exit {done.returncode}: {said}"
    killed = set(json.loads(found[1]))
    return [law for law, test in mutant.killers.items() if test not in killed], said


def _mutants_are_killed(closing: Callable[[str], None]) -> None:
    names = list(TABLE.BY_NAME)
    with ThreadPoolExecutor(1 if "PYTEST_XDIST_WORKER" in os.environ else 2) as pool:
        results = dict(zip(names, pool.map(plant, names), strict=True))
    survivors = {name: laws for name, (laws, _) in results.items() if laws}
    closing(f"mutants killed {len(names) - len(survivors)} of {len(names)}")
    texts = [f"{name}: not found by law {laws}\n{results[name][1]}" for name, laws in survivors.items()]
    assert not survivors, "\n\n".join(texts)


# Minutes of work that `./run laws` and `./run acceptance` ask for; every run checks that each mutant has its place.
if os.environ.get("UCHET_MUTANTS"):
    test_mutants_are_killed = _mutants_are_killed
