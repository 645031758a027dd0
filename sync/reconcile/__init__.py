"""Reconciliation: what the books have, what the desk has and what was counted, compared, explained, never written.

Everything but ``reading`` (both sides as of a moment), ``run`` (the conductor) and the store is pure.
"""
