"""Negative strategies: which example of another class an anchor is contrasted with, and why."""
