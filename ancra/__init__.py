"""ANCRA Lab: adversarially robust image classifiers and the representations they learn.

The packages from the ground up: ``data`` and ``models``, then ``attacks`` and ``negatives``, then ``losses``, then
``training``, ``evaluation``, ``features`` and ``attribution``, then ``runs``, then ``cli``.
"""

__version__ = "0.1.0"
