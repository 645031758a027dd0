"""What people take into a spreadsheet: files that a Russian Excel opens at a click, and data that stays data."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from pathlib import Path

from ..errors import Fatal

__all__ = ["harmless", "save_text", "unwritable", "write_csv"]

#: What a spreadsheet takes for the beginning of a formula, and what begins so and is none.
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_NUMBER = re.compile(r"[+-][\d\s.,]+")


def write_csv(path: Path, rows: Iterable[Mapping[str, object]], columns: list[str]) -> None:
    """``rows`` under ``columns``, in UTF-8 with its mark and semicolons between; every value stays text, so that no
    spreadsheet rounds an inventory number. Raises ``Fatal`` where the file cannot be written."""
    import pandas as pd  # half a second that only this command pays

    frame = pd.DataFrame(
        [{name: harmless(row.get(name)) for name in columns} for row in rows], columns=columns, dtype="str"
    )
    save_text(path, frame.to_csv(sep=";", index=False), "utf-8-sig")


def save_text(path: Path, text: str, encoding: str = "utf-8") -> None:
    """Raises ``Fatal`` where the file cannot be written."""
    try:
        path.write_text(text, encoding=encoding, newline="")
    except OSError as error:
        raise unwritable(path, error) from error


def harmless(value: object) -> str:
    """``value`` as text that no spreadsheet takes for a formula, whoever wrote it on either side."""
    text = "" if value is None else str(value)
    formula = isinstance(value, str) and text.startswith(_FORMULA) and not _NUMBER.fullmatch(text)
    return f"'{text}" if formula else text


def unwritable(path: Path, error: Exception) -> Fatal:
    """A file for a person that cannot be written: most often it is open in the spreadsheet."""
    return Fatal(
        "table_unwritable",
        "The table {path} cannot be written: {why}.",
        hint="Close it in the spreadsheet, or name another file.",
        path=str(path),
        why=getattr(error, "strerror", None) or str(error),
    )
