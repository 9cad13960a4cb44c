"""Scenes: maps beside each other with all that a widget or an exported page shows of them."""
