"""Which images the app opens on, and for how many of a test split attacks come with the project."""

FIRST = 64
"""Images of each test split."""
STORY = {"fashion_mnist": 114, "digits": 0}
"""The test image that the story is told on, by dataset: PGD on p' fails on it and the adaptive attack succeeds."""
AIMED = "margin_first"
"""The objective that the story's attacker turns to."""
