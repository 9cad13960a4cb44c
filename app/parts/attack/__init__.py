"""Parts of the Attack page."""
