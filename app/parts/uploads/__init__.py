"""Receiving models and images."""
