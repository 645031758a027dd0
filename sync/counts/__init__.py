"""Physical counts: who may count what, what was seen, and what it comes to. Neither side is written to."""
