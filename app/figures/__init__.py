"""Figures: pure functions from a result of the core to a Plotly figure or a picture."""
