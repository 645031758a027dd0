"""What an administrator of RT must load before uchet can work there: the initialdata file, and how."""

from __future__ import annotations

import json
from pathlib import Path

from ...i18n import N_
from ..base import Preparation
from .server import INITIALDATA

__all__ = ["prepare"]

FILE = "uchet-rt.initialdata"
_LOGIN = "$ENV{UCHET_DESK_USER} || 'uchet'"


def prepare(folder: Path, user: str) -> Preparation:
    """Write the file into ``folder``, for the service account ``user``; a file of that name is written anew."""
    text = INITIALDATA.read_text(encoding="utf-8")
    login = json.dumps(user or "uchet", ensure_ascii=False).replace("$", "\\$").replace("@", "\\@")
    path = folder / FILE
    path.write_text(text.replace(_LOGIN, login, 1), encoding="utf-8")
    return Preparation(
        path,
        "rt-setup-database --action insert --skip-create --datafile {file}",
        N_(
            "An administrator of RT runs it on RT's machine as the user RT runs under, with UCHET_DESK_PASSWORD set to "
            "the service account's password and UCHET_APPROVERS to the logins that approve purchases, and looks for "
            "[error] in what it prints (on Debian the command is called rt-setup-database-5). It may be run again at "
            "any time."
        ),
    )
