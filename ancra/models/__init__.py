"""Image classifiers, each with or without reverse attention."""
