"""A 1C base that runs: any ``$metadata`` served over the standard OData interface, unkind parts included."""

from __future__ import annotations

from .server import Emulator, serve
from .wire import ODataError
from .world import World

__all__ = ["Emulator", "ODataError", "World", "serve"]
