"""The asymmetric negative contrast and the training objectives."""
