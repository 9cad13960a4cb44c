"""Datasets: images in [0, 1] with a training and a test split."""
