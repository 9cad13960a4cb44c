"""One model's map in three dimensions."""

import numpy as np
import plotly.graph_objects as go

from ancra.maps.model_map import ModelMap
from ancra.web.palette import Palette
from app.figures.theme import look
from app.figures.traces import scatter3d


def space(one: ModelMap, colours: Palette, colour: str = "true") -> go.Figure:
    """The map as a figure to turn: natural images as dots, adversarial ones as crosses, a legend that filters.

    Args:
        one: a map of three dimensions.
        colour: "predicted" colours by the predicted label, anything else by the true one.
    """
    traces = []
    for adversarial in (False, True) if one.attacked else (False,):
        places = one.half(one.positions, adversarial)
        answers = one.half(one.predictions, adversarial)
        groups = answers if colour == "predicted" else one.labels
        for label, name in enumerate(one.classes):
            chosen = np.flatnonzero(groups == label)
            if not len(chosen):
                continue
            words = [
                f"image {one.indices[i]}, true {one.classes[one.labels[i]]}, predicted {one.classes[answers[i]]}"
                for i in chosen
            ]
            traces.append(
                scatter3d(
                    x=places[chosen, 0],
                    y=places[chosen, 1],
                    z=places[chosen, 2],
                    mode="markers",
                    name=name,
                    legendgroup=name,
                    showlegend=not adversarial,
                    text=words,
                    hovertemplate=f"%{{text}}<extra>{'adversarial' if adversarial else 'natural'}</extra>",
                    marker={
                        "size": 3.5,
                        "color": colours.class_colour(label),
                        "symbol": "x" if adversarial else "circle",
                        "opacity": 0.55 if adversarial else 0.9,
                    },
                )
            )
    axis = {
        "title": "",
        "showticklabels": False,
        "showspikes": False,
        "showbackground": False,
        "zeroline": False,
        "gridcolor": colours.grid,
        "color": colours.grid,
    }
    scene = {
        "xaxis": axis,
        "yaxis": axis,
        "zaxis": axis,
        "aspectmode": "data",
        "camera": {"eye": {"x": 0.95, "y": 0.95, "z": 0.6}},
    }
    layout = look(
        colours,
        height=560,
        margin={"l": 0, "r": 0, "t": 30, "b": 0},
        scene=scene,
        legend={"itemsizing": "constant"},
        uirevision="map",  # Turning the figure is kept while the page runs anew.
    )
    return go.Figure(traces, layout)
