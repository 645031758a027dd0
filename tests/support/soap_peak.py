"""A process of its own that takes a message from an exchange node, reads all of it, and says what memory that added.

``python soap_peak.py ADDRESS NODE FOLDER SET`` prints one JSON object as its last line. Memory is the process's own
high-water mark (``VmHWM``): ``ru_maxrss`` begins with that of its parent.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from uchet.connectors.base import Query
from uchet.connectors.onec.soap.connector import EnterpriseConnector


def held(name: str) -> float:
    """A line of the process's status, in MB."""
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(name)) * 1024 / 1e6


def main(address: str, node: str, folder: str, collection: str) -> None:
    """Receive, lay in, confirm, and list page by page."""
    connector = EnterpriseConnector(address, node=node, poll=0.01, cache=folder, timeout=60.0)
    before = held("VmRSS:")
    connector.describe()
    rows = sum(len(page.records) for page in connector.read(Query(collection)))
    added = held("VmHWM:") - before
    connector.close()
    print(json.dumps({"rows": rows, "added": added}))


if __name__ == "__main__":
    main(*sys.argv[1:])
