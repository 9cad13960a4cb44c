"""The kinds of requests by name, each a plain function of a place, a request and its items."""

from ancra.registry import Registry
from app.engine.kinds import attacks, explanations, live, maps, negatives
from app.engine.request import Function

KINDS: Registry[Function] = Registry("computation")
"""To have something else computed: write a function and register it here."""

KINDS.add("ready")(attacks.ready)
KINDS.add("trace")(attacks.traces)
KINDS.add("missed")(attacks.missed)
KINDS.add("surface")(explanations.surfaces)
KINDS.add("cut")(explanations.cuts)
KINDS.add("attribution")(explanations.attributions)
KINDS.add("channels")(explanations.channels)
KINDS.add("map")(maps.one_map)
KINDS.add("map-preview")(maps.preview)
KINDS.add("maps-together")(maps.together)
KINDS.add("map-steps")(maps.steps)
KINDS.add("map-placed")(maps.placed)
KINDS.add("map-walks")(maps.walks)
KINDS.add("map-ready")(maps.ready)
KINDS.add("live-file")(live.files)
KINDS.add("live-map")(live.features)
KINDS.add("live-verdict")(live.probabilities)
KINDS.add("mechanism")(negatives.mechanism)
KINDS.add("mechanism-anchor")(negatives.anchor)
KINDS.add("strategies")(negatives.strategies)
