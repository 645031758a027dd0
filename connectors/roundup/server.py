"""Raises a Roundup tracker of our template and serves it on loopback.

As a process of its own: ``python -m uchet.connectors.roundup.server HOME PORT``.

Roundup's own server refuses to run as root; its WSGI application runs under any server, so it runs under the one of the
standard library, one thread per request. SQLite, one writer at a time: a request waits for the lock up to
``LOCK_SECONDS``; after that Roundup answers 400 with "An error occurred", and nothing of that request is kept.
"""

from __future__ import annotations

import signal
import sys
import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from shutil import copytree, ignore_patterns, rmtree
from socketserver import ThreadingMixIn
from types import FrameType
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer

import roundup.instance
from roundup.cgi.wsgi_handler import RequestDispatcher
from roundup.configuration import CoreConfig
from roundup.password import Password

from ...errors import Fatal

__all__ = ["ACCOUNTS", "Desk", "install", "seed", "serve"]

TEMPLATE = Path(__file__).parent / "tracker"
#: Login → (role, name shown in the pages). ``admin`` is made by the template itself.
ACCOUNTS: Mapping[str, tuple[str, str]] = {
    "uchet": ("Integration", "uchet"),
    "support": ("Specialist", "Служба поддержки"),
}
#: Seconds a request waits for SQLite's write lock.
LOCK_SECONDS = 5
#: Hashing rounds are paid on every Basic request: Roundup's own 250,000 allow 9 writes a second, 10,000 allow 75.
PBKDF2_ROUNDS = 10_000


def install(
    home: Path,
    *,
    url: str,
    passwords: Mapping[str, str],
    rounds: int = PBKDF2_ROUNDS,
    failed_logins: int = 1000,
) -> None:
    """Make a new tracker in the empty or absent folder ``home``.

    ``passwords`` holds those of ``admin`` and of any of ``ACCOUNTS``; an account without one is not made.
    ``failed_logins`` per ten minutes lock an account: high here because the desk listens on loopback.
    Raises ``Fatal`` where the folder already holds something or a password is missing.
    """
    if home.exists() and any(home.iterdir()):
        raise Fatal("desk_exists", "{home} is not empty.", hint="Name an empty folder for the desk.", home=str(home))
    if unknown := set(passwords) - {"admin", *ACCOUNTS}:
        raise Fatal("desk_account", "The desk has no account {name}.", name=", ".join(sorted(unknown)))
    if not passwords.get("admin"):
        raise Fatal("desk_password", "The desk needs a password for {name}.", name="admin")
    copytree(TEMPLATE, home, dirs_exist_ok=True, ignore=ignore_patterns("__pycache__", "*.pyc"))
    _configure(home, url, rounds, failed_logins)
    try:
        (home / "db").mkdir()
        tracker = roundup.instance.open(str(home))
        tracker.init(Password(passwords["admin"], config=tracker.config), tx_Source="cli")
        _index_markers(home)
        _accounts(home, {name: secret for name, secret in passwords.items() if name != "admin"})
    except BaseException:
        rmtree(home, ignore_errors=True)
        raise


def _configure(home: Path, url: str, rounds: int, failed_logins: int) -> None:
    """Write config.ini, every setting with Roundup's own explanation."""
    config = CoreConfig()
    settings: Mapping[str, object] = {
        "TRACKER_WEB": _slashed(url),
        "TRACKER_NAME": "Служба поддержки ИТ",
        "TRACKER_LANGUAGE": "ru",
        "MAIL_DOMAIN": "localhost",
        "MAIL_HOST": "localhost",
        # A mail that Roundup wants to send (it never needs to here) lands in a file instead of the network.
        "MAIL_DEBUG": str(home / "mail.txt"),
        "ERROR_MESSAGES_TO": "none",
        "INSTANT_REGISTRATION": "no",
        "RDBMS_BACKEND": "sqlite",
        "RDBMS_SQLITE_TIMEOUT": str(LOCK_SECONDS),
        # Unsaid, every request looks for two others that may be installed: a seventh of its time.
        "INDEXER": "native",
        "UMASK": "0o077",
        "PASSWORD_PBKDF2_DEFAULT_ROUNDS": str(rounds),
        "WEB_USE_BROWSER_LANGUAGE": "no",
        "WEB_ENABLE_XMLRPC": "no",
        "WEB_API_CALLS_PER_INTERVAL": "0",
        "WEB_API_FAILED_LOGIN_LIMIT": str(failed_logins),
        "NOSY_MESSAGES_TO_AUTHOR": "no",
    }
    for name, value in settings.items():
        config[name] = value
    config.save(str(home / "config.ini"))


def _slashed(url: str) -> str:
    return url.rstrip("/") + "/"


@contextmanager
def _database(home: Path) -> Iterator[Any]:
    """Roundup's database as its administrator; commits at the end, rolls back on an error."""
    db = roundup.instance.open(str(home)).open("admin")
    try:
        yield db
        db.commit()
    except BaseException:
        db.rollback()
        raise
    finally:
        db.close()


def _accounts(home: Path, passwords: Mapping[str, str]) -> None:
    with _database(home) as db:
        for name, secret in passwords.items():
            role, shown = ACCOUNTS[name]
            hashed = Password(secret, config=db.config)
            db.user.create(username=name, password=hashed, roles=role, realname=shown, address=f"{name}@localhost")


def _index_markers(home: Path) -> None:
    """One record per marker, held by the database itself; also made anew where Roundup rebuilt a changed class."""
    with _database(home) as db:
        for name, cl in db.classes.items():
            if "uchet_key" in cl.getprops():
                db.sql(f"create unique index if not exists uchet_{name}_marker on _{name} (_uchet_key)")


def seed(home: Path, class_name: str, rows: Iterable[Mapping[str, Any]]) -> Sequence[str]:
    """Create many items at once, past REST (thousands a minute); their ids in the same order.

    Values are those of Roundup's Python API: link = id string, ``None`` = left empty. The template's rules hold.
    Raises what Roundup raises on a bad value; rows before it may be kept (on SQLite Roundup commits with each new id).
    """
    with _database(home) as db:
        cl = db.getclass(class_name)
        return [cl.create(**{k: v for k, v in row.items() if v is not None}) for row in rows]


class _Server(ThreadingMixIn, WSGIServer):
    """One daemon thread per request: a client that was killed in the middle leaves only its own thread behind."""

    daemon_threads = True
    request_queue_size = 64

    def server_bind(self) -> None:
        """As the parent's, without its reverse lookup of the host name, which can take seconds."""
        self.allow_reuse_address = sys.platform != "win32"
        super(WSGIServer, self).server_bind()
        self.server_name = "127.0.0.1"
        self.server_port = self.server_address[1]
        self.setup_environ()

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that went away is nobody's error; Roundup logs its own."""


class _Handler(WSGIRequestHandler):
    timeout = 60

    def log_message(self, format: str, *args: object) -> None:
        """Roundup keeps its own log; addresses hold marker values and do not belong on a terminal."""


class Desk:
    """A tracker served in this process. ``start`` binds (port 0 = any free one), ``stop`` lets go of the port."""

    def __init__(self, home: Path, port: int = 0) -> None:
        self.home = home
        self._port = port
        self._server: _Server | None = None
        self._thread: threading.Thread | None = None

    @property
    def url(self) -> str:
        """Address of the pages, without a slash at the end; REST is below ``/rest``."""
        if self._server is None:
            raise RuntimeError("the desk is not running")
        return f"http://127.0.0.1:{self._server.server_port}"

    def bind(self) -> _Server:
        """Take the port and load the tracker, answering nobody yet. Raises ``Fatal`` where either fails."""
        if not (self.home / "config.ini").is_file():
            raise Fatal("desk_absent", "{home} holds no desk.", hint="Set the desk up first.", home=str(self.home))
        try:
            server = _Server(("127.0.0.1", self._port), _Handler)
        except OSError as error:
            hint = "Stop what uses the port or choose another one."
            raise Fatal("port_taken", "Port {port} is taken.", hint=hint, port=self._port) from error
        self._server = server
        _set_url(self.home, self.url)
        _index_markers(self.home)
        server.set_app(RequestDispatcher(str(self.home)))
        return server

    def start(self) -> Desk:
        """Serve in a thread of its own."""
        server = self.bind()
        self._thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        self._thread.start()
        return self

    def stop(self) -> None:
        """Finish; the tracker's data stay in its folder."""
        if self._server is None:
            return
        if self._thread is not None:
            self._server.shutdown()
            self._thread.join()
        self._server.server_close()
        self._server = self._thread = None

    def __enter__(self) -> Desk:
        return self.start()

    def __exit__(self, *exc: object) -> None:
        self.stop()


def _set_url(home: Path, url: str) -> None:
    """The tracker must know its own address: it compares the Origin of every write with it."""
    config = CoreConfig(str(home))
    if config["TRACKER_WEB"] != _slashed(url):
        config["TRACKER_WEB"] = _slashed(url)
        config.save(str(home / "config.ini"))


def serve(home: Path, port: int) -> None:
    """Serve until interrupted or terminated; prints the address once it can answer.

    Killing it outright is safe too: SQLite rolls back what was not committed.
    """
    desk = Desk(home, port)
    server = desk.bind()

    def leave(signum: int, frame: FrameType | None) -> None:
        threading.Thread(target=server.shutdown, daemon=True).start()

    for name in ("SIGTERM", "SIGINT"):
        signal.signal(getattr(signal, name), leave)
    sys.stdout.write(desk.url + "\n")
    sys.stdout.flush()
    server.serve_forever(poll_interval=0.1)
    desk.stop()


if __name__ == "__main__":
    serve(Path(sys.argv[1]), int(sys.argv[2]))
