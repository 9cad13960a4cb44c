"""A trace as a table: the numbers behind every figure of it."""

from typing import Any

from scipy.special import softmax

from ancra.attacks.trace import AttackTrace
from ancra.files import csv_text


def trace_csv(trace: AttackTrace, classes: tuple[str, ...]) -> str:
    """One row a step: answer, distances, gradient norm, the rows of the attention, all losses and probabilities."""
    blocks = trace.auxiliary.shape[2]
    heads = {"p'": trace.logits[:, 0], **{f"p{block + 1}": trace.auxiliary[:, 0, block] for block in range(blocks)}}
    chances = {name: softmax(logits, axis=-1) for name, logits in heads.items()}

    def row(step: int) -> dict[str, Any]:
        attended = {f"row of block {block + 1}": classes[int(own)] for block, own in enumerate(trace.attended[step, 0])}
        numbers = {"linf": trace.linf, "l2": trace.l2, "gradient norm": trace.gradient_norm}
        measured = {name: values[step, 0] for name, values in numbers.items()}
        losses = {f"loss {name}": loss for name, loss in zip(trace.loss_names, trace.losses[step, 0], strict=True)}
        shares = {
            f"{head}({name})": share
            for head, values in chances.items()
            for name, share in zip(classes, values[step], strict=True)
        }
        figures = {name: f"{value:.6g}" for name, value in (measured | losses | shares).items()}
        return {"step": step, "answer": classes[int(trace.predicted[step, 0])], **attended, **figures}

    return csv_text([row(step) for step in range(len(trace.images))])
