"""How the size of a perturbation is written for people."""


def epsilon_text(epsilon: float) -> str:
    """8/255 for what is a whole number of grey levels and small, else a decimal."""
    levels = epsilon * 255
    if epsilon < 0.15 and abs(levels - round(levels)) < 1e-6:
        return f"{round(levels)}/255"
    return f"{epsilon:.3g}"
