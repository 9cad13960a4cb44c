"""A trace as a table: the numbers behind every figure of it."""

import csv
import io

from scipy.special import softmax

from ancra.attacks.trace import AttackTrace


def trace_csv(trace: AttackTrace, classes: tuple[str, ...]) -> str:
    """One row a step: answer, distances, gradient norm, the rows of the attention, all losses and probabilities."""
    blocks = trace.auxiliary.shape[2]
    heads = {"p'": trace.logits[:, 0], **{f"p{block + 1}": trace.auxiliary[:, 0, block] for block in range(blocks)}}
    chances = {name: softmax(logits, axis=-1) for name, logits in heads.items()}
    file = io.StringIO()
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(
        [
            "step",
            "answer",
            *(f"row of block {block + 1}" for block in range(blocks)),
            "linf",
            "l2",
            "gradient norm",
            *(f"loss {name}" for name in trace.loss_names),
            *(f"{head}({name})" for head in chances for name in classes),
        ]
    )
    for step in range(len(trace.images)):
        numbers = [
            trace.linf[step, 0], trace.l2[step, 0], trace.gradient_norm[step, 0], *trace.losses[step, 0],
            *(value for values in chances.values() for value in values[step]),
        ]  # fmt: skip
        writer.writerow(
            [
                step,
                classes[int(trace.predicted[step, 0])],
                *(classes[int(row)] for row in trace.attended[step, 0]),
                *(f"{value:.6g}" for value in numbers),
            ]
        )
    return file.getvalue()
