"""datacompy's comparison of the two folders of pages, in its own environment.

``python peer_datacompy.py ENGINE FOLDER``: ENGINE is ``pandas`` or ``polars``; each is fed in the way that
suits it: rows as lists, its own reader of JSON.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import child
import pandas as pd
import polars as pl
from datacompy import PandasCompare, PolarsCompare

FIELDS = ("id", "inventory_number", "book_name", "accounting", "commissioned", "cost", "serial", "model", "status")


def _pandas(folder: Path) -> pd.DataFrame:
    pages = (json.loads(file.read_bytes()) for file in sorted(folder.glob("*.json")))
    return pd.DataFrame([[row[name] for name in FIELDS] for page in pages for row in page], columns=list(FIELDS))


def _polars(folder: Path) -> pl.DataFrame:
    schema = dict.fromkeys(FIELDS, pl.String)
    return pl.concat([pl.read_json(file, schema=schema) for file in sorted(folder.glob("*.json"))])


def main(engine: str, folder: Path) -> None:
    read, compare = {"pandas": (_pandas, PandasCompare), "polars": (_polars, PolarsCompare)}[engine]

    def work() -> dict[str, int]:
        found = compare(read(folder / "A"), read(folder / "B"), join_columns="id")
        differ = len(found.intersect_rows) - int(found.count_matching_rows())
        return {"book": len(found.df1_unq_rows), "desk": len(found.df2_unq_rows), "differ": differ}

    child.report(work)


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
