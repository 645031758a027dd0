"""What people take into a spreadsheet: a pandas frame, written so that a Russian Excel opens it at a click."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

from ..errors import Fatal

__all__ = ["write_csv"]


def write_csv(path: Path, rows: Iterable[Mapping[str, object]], columns: list[str]) -> None:
    """``rows`` under ``columns``, in UTF-8 with its mark and semicolons between; every value stays text, so that no
    spreadsheet rounds an inventory number. Raises ``Fatal`` where the file cannot be written."""
    import pandas as pd  # half a second that only this command pays

    frame = pd.DataFrame(
        [{name: _text(row.get(name)) for name in columns} for row in rows], columns=columns, dtype="str"
    )
    try:
        frame.to_csv(path, sep=";", encoding="utf-8-sig", index=False)
    except OSError as error:
        raise Fatal(
            "table_unwritable",
            "The table {path} cannot be written: {why}.",
            hint="Close it in the spreadsheet, or name another file.",
            path=str(path),
            why=error.strerror or str(error),
        ) from error


def _text(value: object) -> str:
    return "" if value is None else str(value)
