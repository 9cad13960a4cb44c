"""Pieces that pages are put together from: they draw and ask, and return what was chosen."""
