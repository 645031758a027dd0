"""``python -m uchet``.

Started inside a checkout, ``-m`` puts the checkout itself on ``sys.path``, where our ``locale`` would hide the
standard library's (gettext, strptime and subprocess need that one): the folder of the package is taken off the path.
"""

from __future__ import annotations

import sys
from pathlib import Path

_HERE = Path(__file__).resolve().parent
sys.path[:] = [entry for entry in sys.path if Path(entry or ".").resolve() != _HERE]

if __name__ == "__main__":
    from .cli import main

    sys.exit(main())
