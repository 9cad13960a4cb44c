"""The look that all figures share."""

import plotly.graph_objects as go

from ancra.web.palette import Palette


def layout(figure: go.Figure, colours: Palette, height: int, **changes: object) -> go.Figure:
    """Give a figure the app's look: transparent, tight margins, quiet grid, legend above. Returns the same figure."""
    size = max(14, colours.least_type)
    grey = {"color": colours.muted, "size": size}
    axis = {
        "gridcolor": colours.grid,
        "zeroline": False,
        "linecolor": colours.grid,
        "automargin": True,
        "tickfont": grey,
        "title_font": grey,
    }
    figure.update_layout(
        height=height,
        margin={"l": 8, "r": 8, "t": 28, "b": 8},
        paper_bgcolor="rgba(0,0,0,0)",
        plot_bgcolor="rgba(0,0,0,0)",
        font={"color": colours.text, "size": size},
        legend={"orientation": "h", "x": 0, "y": 1.02, "yanchor": "bottom", "font": {"size": size}},
        hoverlabel={"font": {"size": size}},
    )
    figure.update_xaxes(**axis)
    figure.update_yaxes(**axis)
    figure.update_layout(**changes)
    return figure
