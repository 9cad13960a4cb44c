"""Launchers: engines that a run is handed to."""
