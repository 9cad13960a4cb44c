"""Parts of the Feature maps page."""
