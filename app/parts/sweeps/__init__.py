"""Choosing, starting and reading sweeps, wherever a page shows one."""
