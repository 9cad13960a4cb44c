"""What several maps show, in one or two sentences whose every number was computed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ancra.text import listed, percent

Row = Mapping[str, Any]
TIGHT = 0.5
"""A silhouette from which on clusters look tight."""
CLEAR = 0.1
"""A difference of silhouettes that can be seen."""


@dataclass(frozen=True)
class Seen:
    """What a page shows.

    Attributes:
        attack: the attack in words, or None for natural images alone.
        adaptive: whether it also attacks the auxiliary logits.
        attention: whether the features are the ones after reverse attention.
        colour: what colours the points.
        rows: the measures by model title, adversarial where there is an attack.
        focus: the model that the story is about, one with reverse attention if there is one.
        usual: the focus' measures to compare with, when they are known: those under PGD-10 on p' with features z';
            where the features are from before the attention, those of z' under the same attack.
        guessing: the models that answer no more natural images rightly than guessing would.
    """

    attack: str | None
    adaptive: bool
    attention: bool
    colour: str
    rows: Mapping[str, Row]
    focus: str
    usual: Row | None = None
    guessing: Sequence[str] = ()


def story(seen: Seen) -> str:
    """The sentences under the title, in Markdown: chance first, then what is to be seen."""
    if not seen.guessing:
        return _seen(seen)
    titles = listed([f"**{title}**" for title in seen.guessing])
    do, their = ("does", "its") if len(seen.guessing) == 1 else ("do", "their")
    return f"{titles} {do} no better than chance without any attack: {their} clusters mean little. {_seen(seen)}"


def _seen(seen: Seen) -> str:
    row = seen.rows[seen.focus]
    if row.get("silhouette_true") is None or row.get("silhouette_predicted") is None:
        right = percent(row["accuracy"])
        why = (
            "there are too few classes here to say more"
            if row.get("silhouette_true") is None
            else "it gives all of them one answer, so there is no more to say"
        )
        return f"{seen.focus} answers {right} of these images rightly; {why}."
    if seen.attack is None:
        return _natural(seen, row)
    if not seen.attention:
        text = _without_attention(seen, row)
    elif seen.adaptive:
        text = _adaptive(seen, row)
    else:
        text = _usual(seen, row)
    return f"{text} {_colour(seen, row)}".strip()


def _natural(seen: Seen, row: Row) -> str:
    others = _others(seen)
    text = f"On natural images {seen.focus} has a silhouette by true label of **{row['silhouette_true']:.2f}**{others}."
    return f"{text} Nobody attacks here: choose an attack to see what such clusters are worth."


def _usual(seen: Seen, row: Row) -> str:
    own, others = (
        row["silhouette_true"],
        [r["silhouette_true"] for r in _rest(seen) if r["silhouette_true"] is not None],
    )
    under = f"Under {seen.attack}, {seen.focus}"
    if own >= TIGHT and (not others or own > max(others) + CLEAR):
        text = f"{under} keeps its classes apart: silhouette by true label **{own:.2f}**{_others(seen)}."
        return f"{text} That is the paper's picture. Now let the attacker aim at the auxiliary logits, too."
    return f"{under} has a silhouette by true label of **{own:.2f}**{_others(seen)}."


def _adaptive(seen: Seen, row: Row) -> str:
    usual, own, predicted = seen.usual, row["silhouette_true"], row["silhouette_predicted"]
    if usual is None or usual.get("silhouette_true") is None:
        text = f"Under {seen.attack}, {seen.focus} has a silhouette by true label of **{own:.2f}**"
        return f"{text} and by predicted label of **{predicted:.2f}**{_others(seen)}."
    before, after = percent(usual["accuracy"]), percent(row["accuracy"])
    was = f"{usual['silhouette_true']:.2f}"
    fall = f"{seen.focus} falls from {before} to **{after}** accuracy, "
    fall += f"its silhouette by true label from {was} to **{own:.2f}**"
    if usual["silhouette_true"] - own > CLEAR and predicted >= TIGHT:
        if seen.colour == "predicted":
            text = f"By *predicted* label the clusters of {seen.focus} are tight (silhouette **{predicted:.2f}**), "
            return f"{text}by true label not ({own:.2f}): the wrong images are in them."
        return (
            f"The attacker now aims at the auxiliary logits, too: {fall}. "
            f"By *predicted* label it is **{predicted:.2f}**: the clusters are still tight, "
            "but the wrong images are in them."
        )
    if row["accuracy"] < usual["accuracy"]:
        return f"The attacker now aims at the auxiliary logits, too: {fall}; by predicted label it is {predicted:.2f}."
    return (
        f"Aiming at the auxiliary logits, too, does not make the attack on {seen.focus} stronger here: "
        f"accuracy {before} and {after}, silhouette by true label {was} and {own:.2f}."
    )


def _without_attention(seen: Seen, row: Row) -> str:
    own, predicted = row["silhouette_true"], row["silhouette_predicted"]
    text = f"Before reverse attention, {seen.focus} has a silhouette by true label of **{own:.2f}** "
    text += f"and by predicted label of **{predicted:.2f}**{_others(seen)}."
    after = seen.usual and seen.usual.get("silhouette_predicted")
    if after is not None and after - predicted > CLEAR:
        text += f" After it, images of one answer lie closer together ({after:.2f} by predicted label): "
        text += "the attention itself pulls them there."
    return text


def _colour(seen: Seen, row: Row) -> str:
    wrong = percent(1 - row["accuracy"])
    if seen.colour == "predicted":
        return f"Coloured by predicted label clusters look pure, though {wrong} of {seen.focus}'s answers are wrong."
    if seen.colour == "flipped":
        return f"The marked images, {wrong} of {seen.focus}'s, are predicted wrongly."
    if seen.colour == "kept":
        return "Dark points have lost their true neighbours on the map: their place means little."
    return ""


def _rest(seen: Seen) -> list[Row]:
    return [row for title, row in seen.rows.items() if title != seen.focus]


def _others(seen: Seen) -> str:
    parts = [
        f"{title} {row['silhouette_true']:.2f}"
        for title, row in seen.rows.items()
        if title != seen.focus and row.get("silhouette_true") is not None
    ]
    return f" ({', '.join(parts)})" if parts else ""
