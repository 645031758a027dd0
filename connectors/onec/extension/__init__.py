"""Our extension of a 1C configuration: its sources (``src/``), and the client and connector of its web service.

Experimental: no platform has loaded it yet, only our emulator serves it.
"""
