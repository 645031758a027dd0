"""The command ``uchet``, also ``python -m uchet``."""

from __future__ import annotations

import gc
import sys


def main() -> int:
    """Run the command line of this process; its exit code.

    What a program loads at its start stays until its end: looking for garbage among it is a tenth of the start.
    """
    gc.disable()
    from .cli import load
    from .cli import main as command

    load(sys.argv[1:])
    gc.freeze()
    gc.enable()
    return command()


if __name__ == "__main__":
    sys.exit(main())
