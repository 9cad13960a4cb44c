"""How each attacker is called and drawn, on all pages alike."""

from dataclasses import dataclass

from ancra.web.palette import Palette


@dataclass(frozen=True)
class Attacker:
    """One attacker's mark in figures.

    Attributes:
        name: in a legend. tint: the colour's name in the palette.
        symbol, dash: of its points and of its line, as Plotly calls them.
    """

    name: str
    tint: str
    symbol: str
    dash: str = "solid"

    def colour(self, colours: Palette) -> str:
        """Its colour in a theme."""
        return str(getattr(colours, self.tint))


ATTACKERS = {
    "natural": Attacker("no attack", "natural", "circle-open"),
    "pgd": Attacker("PGD", "final", "circle"),
    "adaptive": Attacker("adaptive PGD", "auxiliary", "diamond", "dash"),
    "fgsm": Attacker("one step", "muted", "triangle-up", "dot"),
    "worst": Attacker("worst case", "adversarial", "square"),
}
"""By the name of the accuracy under them."""


def attacker_tints(colours: Palette) -> dict[str, str]:
    """The colour of each accuracy."""
    return {key: attacker.colour(colours) for key, attacker in ATTACKERS.items()}
