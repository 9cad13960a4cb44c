"""Launchers: engines that a run or an evaluation is handed to."""
