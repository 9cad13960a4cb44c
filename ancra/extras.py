"""Packages that not every use needs, and the extra that installs each of them."""

EXTRAS = {
    "streamlit": "app",
    "starlette": "app",
    "plotly": "app",
    "loky": "app",
    "umap": "maps",
    "numba": "maps",
    "pynndescent": "maps",
    "captum": "attribution",
    "timm": "timm",
    "ray": "ray",
    "submitit": "slurm",
}
"""The extra of ``pip install 'ancra-lab[EXTRA]'`` that brings a package, by the name that it is imported under."""


def missing_extra(error: ModuleNotFoundError) -> str | None:
    """One sentence for a package of an extra that is not installed; None for any other module."""
    name = (error.name or "").partition(".")[0]
    if name not in EXTRAS:
        return None
    return f"This needs the package {name}, which is not installed: pip install 'ancra-lab[{EXTRAS[name]}]'."
