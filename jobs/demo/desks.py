"""The service desks that the demo can raise: how each is filled, served and worked at."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from ...connectors.roundup.server import install, seed
from .company import Company
from .desk import fill_desk
from .people import Specialist
from .rt import RT_PASSWORDS, RtSpecialist, fill_rt

__all__ = ["DESKS", "PASSWORDS", "ROUNDUP", "RT", "DemoDesk"]

#: Logins of a toy company on loopback: shown on the screen, secret from nobody.
PASSWORDS = {"admin": "demo-admin", "uchet": "demo-uchet", "support": "demo-support"}
#: Every request to the desk hashes its password anew; ours are known to all, so the least that Roundup takes will do.
_ROUNDS = 1_000


@dataclass(frozen=True, slots=True)
class DemoDesk:
    """One kind of desk. ``name``: its connector and mapping, ``server``: the module that serves it (folder, port)."""

    name: str
    title: str
    server: str
    fill: Callable[[Path, int, Company], None]
    specialist: Callable[[str], Specialist]
    password: str
    #: Whom the demo shows to a person: login → password.
    logins: Mapping[str, str]


def _fill_roundup(home: Path, port: int, company: Company) -> None:
    install(home, url=f"http://127.0.0.1:{port}/", passwords=PASSWORDS, rounds=_ROUNDS)
    fill_desk(partial(seed, home), company)


ROUNDUP = DemoDesk(
    name="roundup",
    title="Roundup",
    server="connectors.roundup.server",
    fill=_fill_roundup,
    # REST is open to programs and to the administrator, people work in the pages.
    specialist=lambda url: Specialist(url, "admin", PASSWORDS["admin"]),
    password=PASSWORDS["uchet"],
    logins={name: PASSWORDS[name] for name in ("support", "admin")},
)
RT = DemoDesk(
    name="rt",
    title="Request Tracker",
    server="connectors.rt.server",
    fill=lambda home, port, company: fill_rt(home, company),
    specialist=lambda url: RtSpecialist(url, "root", RT_PASSWORDS["root"]),
    password=RT_PASSWORDS["uchet"],
    logins={"root": RT_PASSWORDS["root"]},
)
DESKS: Mapping[str, DemoDesk] = {one.name: one for one in (ROUNDUP, RT)}
