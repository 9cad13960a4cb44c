"""The run folder, its life cycle, and what starts it."""
