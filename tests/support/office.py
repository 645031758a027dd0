"""One company on its feet for an administrator: the 1C emulator and a real Roundup in this process, both behind
recording proxies, a pair that was loaded and has something to write, and the installed command line beside them."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from uchet.connectors.contract_proxy import Answer, Proxy, Request
from uchet.connectors.roundup.server import Desk
from uchet.emulator import Emulator
from uchet.jobs.demo.company import Company
from uchet.jobs.demo.people import ZONE, Accountant, Specialist
from uchet.jobs.demo.servers import BASE, BOOK_LOGIN, PASSWORDS, free_ports, prepare

#: Roundup's own limit: this many failed logins lock an account.
FAILED_LOGINS = 4
COMMAND = Path(sys.executable).with_name("uchet")
SETTINGS = """\
language = "ru"
state = "state/uchet.db"
pair = "admin"

[book]
connector = "onec"
mapping = "bp30"
url = "{book}"
user = "{book_user}"
zone = "{zone}"
timeout = 20

[desk]
connector = "roundup"
mapping = "roundup"
url = "{desk}"
user = "uchet"
timeout = 20
"""


@dataclass(frozen=True)
class Done:
    """What a command said and how it ended."""

    code: int
    out: str
    err: str

    @property
    def text(self) -> str:
        return self.out + self.err

    @property
    def json(self) -> Any:
        return json.loads(self.out)


class Tap(Proxy):
    """A proxy that Roundup takes for its own address (it compares the Origin of a write with it), with statuses."""

    def __init__(self, target: str) -> None:
        self.statuses: list[int] = []
        super().__init__(target)

    def exchange(self, request: Request, headers: Mapping[str, str]) -> Answer | None:
        origin = f"{self.target.scheme}://{self.target.netloc}"
        answer = super().exchange(request, {**headers, "Origin": origin})
        self.statuses.append(answer.status if answer else 0)
        return answer

    def forget(self) -> None:
        self.requests.clear()
        self.statuses.clear()

    @property
    def refused(self) -> list[int]:
        return [status for status in self.statuses if status >= 400]


@dataclass
class Site:
    """The company, its two servers and the folder an administrator works in."""

    folder: Path
    company: Company
    onec: Emulator
    desk: Desk
    book_tap: Tap
    desk_tap: Tap
    answers: list[Done] = field(default_factory=list)
    secrets: list[str] = field(default_factory=lambda: [BOOK_LOGIN[1], PASSWORDS["uchet"]])

    @property
    def settings(self) -> Path:
        return self.folder / "uchet.toml"

    def environment(self, **changed: str) -> dict[str, str]:
        """That of an administrator: both passwords, and nothing of the machine's own uchet."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith("UCHET_")}
        passwords = {"UCHET_BOOK_PASSWORD": BOOK_LOGIN[1], "UCHET_DESK_PASSWORD": PASSWORDS["uchet"]}
        return {**kept, **passwords, **changed}

    def uchet(self, *words: str, disk: int | None = None, **changed: str) -> Done:
        """One command; ``changed`` are variables of its environment, ``disk`` the kilobytes a file may grow to."""
        limit = ("sh", "-c", f'ulimit -f {2 * disk}; exec "$@"', "sh") if disk else ()
        done = subprocess.run(
            (*limit, str(COMMAND), *words),
            cwd=self.folder,
            env=self.environment(**changed),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        answer = Done(done.returncode, done.stdout, done.stderr)
        self.answers.append(answer)
        return answer

    def forget(self) -> None:
        """Count requests from now on."""
        self.book_tap.forget()
        self.desk_tap.forget()

    @property
    def writes(self) -> list[str]:
        """Requests since ``forget`` that could change something on either side."""
        return [f"{r.method} {r.target}" for tap in (self.book_tap, self.desk_tap) for r in tap.writes]

    @contextmanager
    def settings_changed(self, *changes: tuple[str, str]) -> Iterator[None]:
        """``uchet.toml`` with places replaced (``("", text)`` adds), and as it was afterwards."""
        before = self.settings.read_text(encoding="utf-8")
        text = before
        for old, new in changes:
            assert old in text, old
            text = text.replace(old, new, 1) if old else text + new
        self.settings.write_text(text, encoding="utf-8")
        try:
            yield
        finally:
            self.settings.write_text(before, encoding="utf-8")

    def accountant(self) -> Accountant:
        return Accountant(self.onec.url.rstrip("/"), *BOOK_LOGIN)

    def specialist(self) -> Specialist:
        return Specialist(self.desk.url + "/", "admin", PASSWORDS["admin"])

    def load(self) -> None:
        """The first load, as an administrator does it: stopped, approved, applied."""
        for _ in range(3):
            run = self.uchet("run", "nightly", "--json")
            if run.code != 3:
                assert run.code in (0, 1), run
                return
            plan = run.json["run"]["plan"]
            assert self.uchet("approve", plan, "--yes").code == 0
            applied = self.uchet("apply", plan, "--json")
            assert applied.code in (0, 1), applied
        raise AssertionError(f"the first load never ended: {run}")


@contextmanager
def running(folder: Path, *, loaded: bool = True) -> Iterator[Site]:
    """A site in ``folder``; with ``loaded`` its pair went through the first load."""
    ports = free_ports()
    company = prepare(folder / "servers", "small", 1, ports, datetime.now(ZoneInfo(ZONE)).date())
    home = folder / "servers" / "desk"
    config = home / "config.ini"
    text = config.read_text(encoding="utf-8")
    limited = re.sub(r"(?m)^(api_failed_login_limit\s*=).*$", rf"\1 {FAILED_LOGINS}", text)
    assert limited != text
    config.write_text(limited, encoding="utf-8")
    with ExitStack() as stack:
        onec = stack.enter_context(
            Emulator(
                base=BASE,
                port=ports.book,
                state=folder / "servers" / "onec.db",
                user=BOOK_LOGIN[0],
                password=BOOK_LOGIN[1],
                clock=lambda: datetime.now(ZoneInfo(ZONE)).replace(tzinfo=None),
            )
        )
        desk = stack.enter_context(Desk(home, ports.desk))
        book_tap = stack.enter_context(Tap(f"http://127.0.0.1:{ports.book}/{BASE}"))
        desk_tap = stack.enter_context(Tap(desk.url))
        work = folder / "work"
        work.mkdir()
        site = Site(work, company, onec, desk, book_tap, desk_tap)
        values = {"book": book_tap.url, "desk": desk_tap.url, "book_user": BOOK_LOGIN[0], "zone": ZONE}
        site.settings.write_text(SETTINGS.format(**values), encoding="utf-8")
        if loaded:
            site.load()
        yield site
