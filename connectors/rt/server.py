"""Raises a private Request Tracker 5 out of Debian's packages and serves it on loopback.

As a process of its own: ``python -m uchet.connectors.rt.server HOME PORT``.

Everything of it lies in HOME: configuration, caches, database (a SQLite file, or a PostgreSQL cluster that listens on a
socket in HOME alone). Nothing of ``/etc/request-tracker5`` is read and no database of the machine is touched, so that
several may run beside each other. Meant for the demo and for tests: passwords are hashed cheaply, PostgreSQL does not
wait for the disk, mail goes into a file.
"""

from __future__ import annotations

import json
import os
import pwd
import secrets
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from types import FrameType
from typing import Any, Literal

import requests

from ...errors import Fatal

__all__ = ["INITIALDATA", "PACKAGES", "Database", "Desk", "Row", "insert", "install", "installed", "seed", "serve"]

Database = Literal["sqlite", "postgres"]
#: A record to seed: our name of its collection and wire names → values.
Row = tuple[str, Mapping[str, Any]]

HERE = Path(__file__).parent
INITIALDATA = HERE / "initialdata.pl"
SETUP, SERVER = "/usr/sbin/rt-setup-database-5", "/usr/share/request-tracker5/libexec/rt-server"
#: One mail shim without a daemon instead of exim4, and no database of dbconfig's.
PACKAGES: Mapping[Database, tuple[str, ...]] = {
    "sqlite": ("request-tracker5", "rt5-standalone", "rt5-db-sqlite", "dbconfig-no-thanks", "msmtp-mta"),
    "postgres": ("rt5-db-postgresql", "postgresql"),
}
#: bcrypt's cost of the passwords of a toy RT: RT hashes at every request, 12 (its default) is 0.3 s each.
BCRYPT = 5
WORKERS = 4
_WAIT = 60.0


def installed(database: Database = "sqlite") -> bool:
    """Whether this machine has what ``install`` needs."""
    return Path(SETUP).is_file() and Path(SERVER).is_file() and (database == "sqlite" or _postgres() is not None)


def _postgres() -> Path | None:
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    return found[-1].parent if found else None


def install(
    home: Path, *, passwords: Mapping[str, str], database: Database = "sqlite", bcrypt: int = BCRYPT,
    approvers: Sequence[str] = (),
) -> None:  # fmt: skip
    """Make a new RT in the empty or absent folder ``home``, with what uchet needs in it.

    ``passwords``: those of ``root`` and ``uchet``. Raises ``Fatal`` where the packages are missing, the folder holds
    something, or RT's own set-up fails.
    """
    if not installed(database):
        raise Fatal(
            "desk_packages",
            "This machine has no Request Tracker 5 to raise.",
            hint="On Debian: apt-get install --no-install-recommends {packages}",
            packages=" ".join((*PACKAGES["sqlite"], *(PACKAGES["postgres"] if database == "postgres" else ()))),
        )
    if home.exists() and any(home.iterdir()):
        raise Fatal("desk_exists", "{home} is not empty.", hint="Name an empty folder for the desk.", home=str(home))
    home.mkdir(parents=True, exist_ok=True)
    (home / "rt.json").write_text(json.dumps({"database": database, "bcrypt": bcrypt}), encoding="utf-8")
    with _Running(home):
        secret = home / "root.pw"
        secret.touch(0o600)
        secret.write_text(passwords["root"] + "\n", encoding="utf-8")
        try:
            _setup(home, ("init", "--root-password-file", str(secret)))
        finally:
            secret.unlink()
        environment = {"UCHET_DESK_PASSWORD": passwords["uchet"], "UCHET_APPROVERS": ",".join(approvers)}
        _setup(home, ("insert", "--datafile", str(INITIALDATA)), environment)


def insert(home: Path, datafile: Path, environment: Mapping[str, str] | None = None) -> None:
    """Load an initialdata file into an RT, running or not. Raises ``Fatal`` with RT's words where an item failed."""
    with _Running(home):
        _setup(home, ("insert", "--datafile", str(datafile)), environment or {})


def seed(home: Path, rows: Iterable[Row]) -> list[str]:
    """Create many records at once, past REST; their numbers in the same order. ``None`` values are left out.

    Users need ``Name``; references are numbers. Raises ``Fatal`` with RT's words on a bad value.
    """
    token = secrets.token_hex(4)
    given, answer = home / f"seed-{token}.json", home / f"seeded-{token}.json"
    plain = [
        {"collection": name, "values": {n: v for n, v in values.items() if v is not None}} for name, values in rows
    ]
    given.write_text(json.dumps(plain, ensure_ascii=False), encoding="utf-8")
    try:
        insert(home, HERE / "seed.pl", {"UCHET_SEED": str(given), "UCHET_SEEDED": str(answer)})
        found: list[str] = json.loads(answer.read_text(encoding="utf-8"))
    finally:
        given.unlink()
        answer.unlink(missing_ok=True)
    return found


def _environment(home: Path) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("UCHET_", "RT_", "PG"))}
    return {
        **kept,
        "HOME": str(home),
        "LC_ALL": "C.UTF-8",
        "RT_SITE_CONFIG": str(home / "RT_SiteConfig.pm"),
        "RT_SITE_CONFIG_DIR": str(home / "conf.d"),
    }


def _setup(home: Path, words: Sequence[str], environment: Mapping[str, str] | None = None) -> None:
    """RT's own set-up; it ends with 0 whatever became of single items, so its words are read."""
    done = subprocess.run(
        (SETUP, "--action", words[0], "--skip-create", *words[1:]),
        env={**_environment(home), **(environment or {})},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=1800,
        check=False,
    )
    text = (done.stdout + done.stderr).decode("utf-8", "replace")
    if done.returncode or "[error]" in text or "[crit" in text:
        raise Fatal("desk_setup", "Request Tracker's set-up failed.", evidence={"log": text[-2000:]})


def _configure(home: Path, port: int) -> None:
    known = json.loads((home / "rt.json").read_text(encoding="utf-8"))
    for name in ("conf.d", "mason", "session", "log"):
        (home / name).mkdir(exist_ok=True)
    if known["database"] == "postgres":
        where = {"DatabaseType": "Pg", "DatabaseHost": str(home / "run"), "DatabaseName": "rt", "DatabaseUser": "rt",
                 "DatabasePort": "5432", "DatabasePassword": "trusted"}  # fmt: skip
    else:
        where = {"DatabaseType": "SQLite", "DatabaseName": str(home / "rt.sqlite3")}
    values: Mapping[str, object] = {
        "rtname": "uchet.test",
        "Organization": "uchet.test",  # part of every link inside RT: never to be changed later
        "WebDomain": "127.0.0.1",
        "WebPort": port,
        "WebPath": "",  # Debian's default is /rt
        "WebBaseURL": f"http://127.0.0.1:{port}",
        "Timezone": "Europe/Moscow",
        "MailCommand": "mbox",
        "LogToSTDERR": "warning",
        "BcryptCost": known["bcrypt"],
        "WebSessionClass": "Apache::Session::File",
        **where,
    }
    lines = [f"Set(${name}, {value if isinstance(value, int) else repr(value)});" for name, value in values.items()]
    lines += ["Set($LogToSyslog, undef);"]
    # Variables of the package, not settings: two RTs must not share caches.
    places = {"VarPath": home, "MasonDataDir": home / "mason", "MasonSessionDir": home / "session"}
    lines += [f"$RT::{name} = '{place}';" for name, place in places.items()]
    (home / "RT_SiteConfig.pm").write_text("\n".join([*lines, "1;", ""]), encoding="utf-8")


class _Running:
    """The database of ``home``, configured and up for as long as it is entered (SQLite needs nothing)."""

    def __init__(self, home: Path, port: int = 1) -> None:
        self.home = home.resolve()
        self.port = port
        self._ours = False

    def __enter__(self) -> _Running:
        if self.port != 1 or not self._configured():
            _configure(self.home, self.port)
        if json.loads((self.home / "rt.json").read_text(encoding="utf-8"))["database"] == "postgres":
            self._start()
        return self

    def _configured(self) -> bool:
        """Whether the configuration is that of this folder and not of the one it was copied from."""
        file = self.home / "RT_SiteConfig.pm"
        return file.is_file() and f"$RT::VarPath = '{self.home}';" in file.read_text(encoding="utf-8")

    def __exit__(self, *error: object) -> None:
        if self._ours:
            self._control("-m", "fast", "-w", "stop")
            self._ours = False

    def _start(self) -> None:
        data, run = self.home / "pg", self.home / "run"
        fresh = not (data / "PG_VERSION").is_file()
        run.mkdir(exist_ok=True)
        if fresh:
            data.mkdir(mode=0o700, exist_ok=True)
        if os.geteuid() == 0:  # PostgreSQL refuses to run as root
            self.home.chmod(0o711)  # whatever the umask: its user must pass through
            for path in (data, run, *data.rglob("*"), *run.rglob("*")):
                shutil.chown(path, "postgres", "postgres")
        if fresh:
            self._do("initdb", "-D", str(data), "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "-N")
            settings = ("listen_addresses = ''", f"unix_socket_directories = '{run}'", "fsync = off",
                        "synchronous_commit = off", "full_page_writes = off", "max_connections = 40")  # fmt: skip
            with (data / "postgresql.conf").open("a", encoding="utf-8") as file:
                file.write("\n".join(settings) + "\n")
        if not self._alive():
            (data / "postmaster.pid").unlink(missing_ok=True)
            self._control("-o", f"-k {run}", "-l", str(run / "log"), "-w", "start")
            self._ours = True
        if fresh:
            self._do("createuser", "-h", str(run), "-U", "postgres", "rt")
            self._do("createdb", "-h", str(run), "-U", "postgres", "-O", "rt", "-E", "UTF8", "rt")

    def _alive(self) -> bool:
        """The postmaster that this folder names runs, and it is one."""
        with suppress(OSError, ValueError, IndexError):
            number = int((self.home / "pg" / "postmaster.pid").read_text().splitlines()[0])
            words = Path(f"/proc/{number}/cmdline").read_bytes()
            return str(self.home / "pg").encode() in words
        return False

    def _control(self, *words: str) -> None:
        self._do("pg_ctl", "-D", str(self.home / "pg"), *words)

    def _do(self, program: str, *words: str) -> None:
        place = _postgres()
        if place is None:
            raise Fatal("desk_packages", "This machine has no PostgreSQL to raise.")
        log = self.home / "run" / f"{program}.log"
        with log.open("ab") as file:
            code = subprocess.run(
                (str(place / program), *words), stdin=subprocess.DEVNULL, stdout=file, stderr=file, cwd="/",
                env={"LC_ALL": "C.UTF-8", "PATH": os.environ.get("PATH", "")}, timeout=120, check=False,
                **_postgres_user(),
            ).returncode  # fmt: skip
        if code:
            tail = log.read_text(encoding="utf-8", errors="replace")[-2000:]
            raise Fatal("desk_setup", "Request Tracker's set-up failed.", evidence={"log": f"{program}: {tail}"})


def _postgres_user() -> dict[str, Any]:
    if os.geteuid() != 0:
        return {}
    entry = pwd.getpwnam("postgres")
    return {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": ()}


class Desk:
    """An RT of ``home`` served by processes of their own. ``start`` returns when it answers."""

    def __init__(self, home: Path, port: int) -> None:
        self.home = home.resolve()
        self.port = port
        self._running = _Running(self.home, port)
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """Address of the pages, without a slash at the end; REST is at ``/REST/2.0``."""
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> Desk:
        """Raises ``Fatal`` with the end of RT's log where it does not come up."""
        if not (self.home / "rt.json").is_file():
            raise Fatal("desk_absent", "{home} holds no desk.", hint="Set the desk up first.", home=str(self.home))
        self._running.__enter__()
        words = ("--host", "127.0.0.1", "--port", str(self.port), "--max-workers", str(WORKERS))
        with (self.home / "log" / "server.log").open("ab") as log:
            self._process = subprocess.Popen(
                (SERVER, *words, "--max-keepalive-reqs", "1000", "--keepalive-timeout", "10"),
                cwd=self.home, env=_environment(self.home), stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                start_new_session=True,  # RT run by root changes owners of files on SIGINT: Ctrl-C must not reach it
            )  # fmt: skip
        try:
            self._wait(self._process)
        except BaseException:
            self.stop()
            raise
        return self

    def _wait(self, process: subprocess.Popen[bytes]) -> None:
        until = time.monotonic() + _WAIT
        with requests.Session() as http:
            http.trust_env = False
            while process.poll() is None and time.monotonic() < until:
                with suppress(requests.RequestException):
                    if http.get(f"{self.url}/REST/2.0/rt", timeout=10).status_code == 401:
                        return
                time.sleep(0.05)
        tail = (self.home / "log" / "server.log").read_text(encoding="utf-8", errors="replace")[-2000:]
        raise Fatal("demo_server", "The demo's server {name} does not answer.", name="rt", evidence={"log": tail})

    def wait(self) -> int:
        """Until RT ends by itself."""
        return self._process.wait() if self._process else 0

    def stop(self) -> None:
        """Finish; the data stay in the folder. The master passes SIGTERM on to its workers."""
        if self._process is not None:
            self._process.terminate()
            try:
                self._process.wait(timeout=10)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
            self._process = None
        self._running.__exit__()

    def __enter__(self) -> Desk:
        return self.start()

    def __exit__(self, *error: object) -> None:
        self.stop()


def serve(home: Path, port: int) -> None:
    """Serve until interrupted or terminated; prints the address once it answers."""
    desk = Desk(home, port)

    def leave(signum: int, frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    for name in ("SIGTERM", "SIGINT"):
        signal.signal(getattr(signal, name), leave)
    try:
        desk.start()
        sys.stdout.write(desk.url + "\n")
        sys.stdout.flush()
        desk.wait()
    except KeyboardInterrupt:
        pass
    finally:
        desk.stop()


if __name__ == "__main__":
    serve(Path(sys.argv[1]), int(sys.argv[2]))
