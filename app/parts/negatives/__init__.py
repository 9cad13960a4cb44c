"""Parts of the Negatives page."""
