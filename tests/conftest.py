"""What every test may use: Hypothesis profiles, the shared folder, closing lines, and no silent skips.

``UCHET_PROFILE`` chooses how many histories a law is tried on (dev, ci, nightly), ``UCHET_KILLS`` how often a
crash suite kills. With ``CI=true`` a test that would be skipped fails instead.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Generator
from pathlib import Path

import pytest
import structlog
from hypothesis import HealthCheck, Phase, settings

ROOT = Path(__file__).parents[1]
SHARED = ROOT.parent / "shared"
CI = os.environ.get("CI") == "true"
CLOSING = "closing line"

#: Profile → (histories of a law, steps of a history at most).
for _profile, (_examples, _steps) in {"dev": (100, 20), "ci": (1_000, 10), "nightly": (10_000, 20)}.items():
    settings.register_profile(
        _profile,
        max_examples=_examples,
        stateful_step_count=_steps,
        deadline=None,  # two busy cores make no promises
        # CI plays the same histories on every machine: what its author has not seen cannot fail there. New ones are
        # played by the other two.
        derandomize=_profile == "ci",
        print_blob=True,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
    )
#: For planted mutants (tests/laws/mutants.py): always the same few histories.
settings.register_profile(
    "mutant",
    parent=settings.get_profile("dev"),
    max_examples=100,
    derandomize=True,
    report_multiple_bugs=False,
    database=None,
    print_blob=False,
    phases=(Phase.explicit, Phase.generate),
)
settings.load_profile(os.environ.get("UCHET_PROFILE", "dev"))


@pytest.fixture(scope="session")
def root() -> Path:
    """The checkout."""
    return ROOT


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder beside the checkout, for tests marked ``shared``."""
    return SHARED


@pytest.fixture(scope="session")
def kills() -> int:
    """How often a crash suite kills the command: few while developing, 20 in CI, 200 for acceptance."""
    return int(os.environ.get("UCHET_KILLS", "3"))


@pytest.fixture
def closing(record_property: Callable[[str, object], None]) -> Callable[[str], None]:
    """``closing("kills 20, runs 31, differences 0")`` prints that line in the summary of the test run."""
    return lambda line: record_property(CLOSING, line)


@pytest.fixture(autouse=True)
def _log_of_its_own() -> Generator[None]:
    """The command line points the log at the stream it was started with, which ends with its test."""
    yield
    structlog.reset_defaults()


@pytest.fixture(autouse=True)
def _umask_of_its_own() -> Generator[None]:
    """Roundup, run in this process, leaves its own umask behind: another server's user could not enter our folders."""
    before = os.umask(0o022)
    yield
    os.umask(before)


class RootIsAFolder:
    """Keeps pytest from importing the package a second time, under the name of the folder of the checkout."""

    @pytest.hookimpl(tryfirst=True)
    def pytest_collect_directory(self, path: Path, parent: pytest.Collector) -> pytest.Collector | None:
        return pytest.Dir.from_parent(parent, path=path) if path == ROOT else None


def pytest_configure(config: pytest.Config) -> None:
    config.pluginmanager.register(RootIsAFolder())


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "laws" in item.path.parts and not item.get_closest_marker("timeout"):
            item.add_marker(pytest.mark.timeout(0))  # its length is the profile's
        if item.get_closest_marker("shared") and not SHARED.is_dir():
            item.add_marker(pytest.mark.skip(reason=f"needs the shared folder beside the checkout ({SHARED})"))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    if CI and report.skipped and not hasattr(report, "wasxfail"):
        report.outcome = "failed"
        report.longrepr = f"nothing may be skipped in CI: {_reason(report)}"
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report() -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    report = yield
    if CI and report.skipped:
        report.outcome = "failed"
        report.longrepr = f"nothing may be skipped in CI: {_reason(report)}"
    return report


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    reports = [report for group in terminalreporter.stats.values() for report in group]
    tests = [report for report in reports if isinstance(report, pytest.TestReport)]
    properties = [pair for report in tests if report.when == "call" for pair in report.user_properties]
    lines = [str(line) for name, line in properties if name == CLOSING]
    if lines:
        terminalreporter.section("closing lines")
        for line in lines:
            terminalreporter.write_line(line)
    missed = [report for report in reports if getattr(report, "skipped", False) and not hasattr(report, "wasxfail")]
    if missed:
        terminalreporter.section(f"WARNING: {len(missed)} did NOT run", red=True, bold=True)
        for report in missed:
            terminalreporter.write_line(f"{report.nodeid}: {_reason(report)}")


def _reason(report: pytest.TestReport | pytest.CollectReport) -> str:
    where = report.longrepr
    return str(where[2] if isinstance(where, tuple) else where)
