"""What the page of feature maps says of numbers, its tables and its map in space."""

import numpy as np

from ancra.scenes.of_models import guesses
from ancra.web.palette import palette
from app.figures.map_tables import cards, measures_table
from app.words import maps as words


def test_a_map_in_space_has_a_trace_a_class_and_condition():
    from app.figures.map_space import space

    one = made_map(positions=np.zeros((4, 3)), predictions=np.array([0, 1, 1, 1]), confidences=np.ones(4))
    figure = space(one, palette())
    assert [trace.marker.symbol for trace in figure.data] == ["circle", "circle", "x", "x"]
    assert [trace.showlegend for trace in figure.data] == [True, True, False, False]
    assert figure.data[2].text == ("image 0, true <i>a, predicted b",)
    assert space(one, palette(), "predicted").data[0].x.shape == (1,)


def row(accuracy=0.8, true=0.5, predicted=0.9):
    return {"accuracy": accuracy, "silhouette_true": true, "silhouette_predicted": predicted}


def story(**changes):
    seen = {"attack": "PGD-10", "adaptive": False, "attention": True, "colour": "true", "focus": "A"}
    return words.story(words.Seen(**{**seen, "rows": {"A": row(), "B": row(true=0.1)}, **changes}))


def test_the_story_names_what_the_numbers_say():
    assert "keeps its classes apart" in story()
    assert "keeps its classes apart" not in story(rows={"A": row(true=0.1), "B": row(true=0.1)})
    fallen = story(adaptive=True, attack="Adaptive PGD-10", rows={"A": row(0.6, 0.19, 0.99)}, usual=row(0.83, 0.54))
    assert "from 83 % to **60 %**" in fallen
    assert "wrong images are in them" in fallen
    same = story(adaptive=True, attack="Adaptive PGD-10", rows={"A": row()}, usual=row())
    assert "does not make the attack" in same
    pulled = story(attention=False, rows={"A": row(0.6, 0.1, 0.2)}, usual=row(0.6, 0.2, 1.0))
    assert "pulls them there" in pulled


def test_a_model_at_chance_is_named_before_anything_else():
    assert story(guessing=["A"]).startswith("**A** does no better than chance without any attack: its clusters")
    both = story(guessing=["A", "B"], attack=None)
    assert both.startswith("**A** and **B** do no better than chance")
    assert "Nobody attacks here" in both


def test_chance_is_told_by_the_natural_images():
    many = {"labels": np.arange(100) % 2, "classes": ("a", "b")}
    for share, guessing in ((0.5, True), (0.55, True), (0.7, False)):
        assert guesses(made_map(**many, measures=({"accuracy": share}, {"accuracy": 0.0}))) == guessing
    few = made_map(labels=np.arange(8) % 2, measures=({"accuracy": 0.75},))
    assert guesses(few)


def test_the_story_of_one_class_or_no_attack():
    assert "too few classes" in story(rows={"A": row(true=None)})
    assert "Nobody attacks here" in story(attack=None)


def made_map(**changes):
    from ancra.maps.model_map import ModelMap
    from ancra.maps.settings import ModelMapSettings

    fields = {
        "positions": np.zeros((2, 2)),
        "unit": 1.0,
        "labels": np.arange(2),
        "indices": np.arange(2),
        "predictions": np.array([0, 1]),
        "confidences": np.ones(2),
        "neighbours": np.zeros((2, 1), int),
        "kept": np.ones(2),
        "pixels": None,
        "measures": ({"accuracy": 0.5},),
        "faithfulness": {"kept": 1.0},
        "classes": ("<i>a", "b"),
        "dataset": "digits",
        "settings": ModelMapSettings(),
        "engine": "PCA",
    }
    return ModelMap(**{**fields, **changes})


def test_names_are_escaped_in_tables_and_cards():
    one = made_map()
    maps = {"<script>": one}
    assert "<script>" not in measures_table(maps)
    made = cards(maps, ["<script>"], [0, 1], np.zeros((2, 1, 8, 8), np.uint8), palette())
    assert "<i>a" not in made
    assert "<script>" not in made
