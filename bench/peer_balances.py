"""The same movement lines summed to balances and compared by datacompy, in its own environment.

``python peer_balances.py convert FOLDER`` makes the files of both engines, ``python peer_balances.py ENGINE FOLDER``
compares. Each engine reads from parquet the columns it needs and no others; keys are categories of its own, quantities
whole thousandths, so it sums numbers and hashes no texts that it need not.
"""

from __future__ import annotations

import sys
from pathlib import Path

import child

KEYS = ["item", "organization", "place"]
READ = [*KEYS, "quantity"]


def convert(folder: Path) -> None:
    import numpy as np
    import pandas as pd
    import polars as pl

    for side in ("book", "desk"):
        given = dict(np.load(folder / f"{side}.npz"))
        rest = {name: given[name] for name in ("quantity", "day", "document")}
        texts = {key: pd.Categorical.from_codes(given[key], given[f"{key}s"].tolist()) for key in KEYS}
        pd.DataFrame({**texts, **rest}).to_parquet(folder / f"pandas-{side}.parquet")
        frame = pl.DataFrame({key: pl.Series(given[f"{key}s"].tolist()).gather(given[key]) for key in KEYS} | rest)
        frame.with_columns(pl.col(KEYS).cast(pl.Categorical)).write_parquet(folder / f"polars-{side}.parquet")
    child.report(lambda: None)


def by_pandas(folder: Path) -> dict[str, int]:
    import pandas as pd
    from datacompy import PandasCompare

    def sums(side: str) -> pd.DataFrame:
        lines = pd.read_parquet(folder / f"pandas-{side}.parquet", columns=READ)
        return lines.groupby(KEYS, observed=True, sort=False)["quantity"].sum().reset_index()

    return told(PandasCompare(sums("book"), sums("desk"), join_columns=KEYS))


def by_polars(folder: Path) -> dict[str, int]:
    import polars as pl
    from datacompy import PolarsCompare

    def sums(side: str) -> pl.DataFrame:
        lines = pl.scan_parquet(folder / f"polars-{side}.parquet").select(READ)
        return lines.group_by(KEYS).agg(pl.col("quantity").sum()).collect()

    return told(PolarsCompare(sums("book"), sums("desk"), join_columns=KEYS))


def told(found: object) -> dict[str, int]:
    both, book, desk = (len(getattr(found, name)) for name in ("intersect_rows", "df1_unq_rows", "df2_unq_rows"))
    same = int(found.count_matching_rows())  # type: ignore[attr-defined]
    return {"spots": both + book + desk, "differ": both - same + book + desk}


ENGINES = {"pandas": by_pandas, "polars": by_polars}

if __name__ == "__main__":
    what, where = sys.argv[1], Path(sys.argv[2])
    if what == "convert":
        convert(where)
    else:
        child.report(lambda: ENGINES[what](where))
