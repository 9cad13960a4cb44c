"""LaTeX of tables that need booktabs alone, and of figures: text escaped, numbers with what they may be off by."""

from collections.abc import Sequence

_ESCAPES = str.maketrans(
    {char: "\\" + char for char in "&%$#_{}"} | {"~": r"\textasciitilde{}", "^": r"\^{}", "\\": r"\textbackslash{}"}
)


def escaped(text: str) -> str:
    """Text that LaTeX prints as it is."""
    return text.translate(_ESCAPES)


def cell(value: float, below: float, above: float, bold: bool = False) -> str:
    """A number in % with how far its interval reaches down and up."""
    shown = rf"\mathbf{{{value:.1f}}}" if bold else f"{value:.1f}"
    return f"${shown}_{{-{below:.1f}}}^{{+{above:.1f}}}$"


ROOMY = 6
"""With more columns than this a table is set closer, so that it stays on the page."""


def table(
    head: Sequence[str], body: Sequence[Sequence[str]], columns: str, caption: str, label: str, wide: bool
) -> str:
    """A floating table; what is given is LaTeX already.

    Args:
        columns: how each is set, such as ``lrr``. wide: over both columns of a paper.
    """
    kind = "table*" if wide else "table"
    size = [r"\small"] if len(head) <= ROOMY else [r"\footnotesize", r"\setlength{\tabcolsep}{2pt}"]
    lines = [
        r"% needs \usepackage{booktabs}",
        rf"\begin{{{kind}}}",
        r"\centering",
        *size,
        r"\renewcommand{\arraystretch}{1.3}",  # else intervals of one row touch those of the next
        rf"\caption{{{caption}}}",
        rf"\label{{{label}}}",
        rf"\begin{{tabular}}{{@{{}}{columns}@{{}}}}",
        r"\toprule",
        rf"{' & '.join(head)} \\",
        r"\midrule",
        *(rf"{' & '.join(line)} \\" for line in body),
        r"\bottomrule",
        r"\end{tabular}",
        rf"\end{{{kind}}}",
    ]
    return "\n".join(lines) + "\n"


def figure(file: str, caption: str, label: str, wide: bool) -> str:
    """A floating figure of a file, without its ending; the caption is LaTeX already."""
    kind, width = ("figure*", r"\textwidth") if wide else ("figure", r"\columnwidth")
    return "\n".join(
        [
            r"% needs \usepackage{graphicx}",
            rf"\begin{{{kind}}}",
            r"\centering",
            rf"\includegraphics[width={width}]{{{file}}}",
            rf"\caption{{{caption}}}",
            rf"\label{{{label}}}",
            rf"\end{{{kind}}}",
            "",
        ]
    )
