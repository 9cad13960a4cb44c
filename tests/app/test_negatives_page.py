import json

import pytest

from ancra.negatives.picker import PICKERS, Picker

MODEL = "Tiny with attention · tiny-ra"
PLAIN = "Tiny plain · tiny-plain"


@pytest.fixture
def negatives(open_page):
    return open_page("negatives", model=MODEL, batch="24")


def shown(at) -> dict:
    """What the mechanism widget was given."""
    (widget,) = (element for element in at.get("bidi_component") if element.proto.component_name == "ancra.mechanism")
    return json.loads(widget.proto.json)


def texts(at) -> str:
    return " ".join(element.value for element in [*at.markdown, *at.caption, *at.info])


def test_opens_on_the_anchor_where_the_strategies_differ_most(negatives):
    assert not negatives.exception
    assert not negatives.error
    data = shown(negatives)
    assert data["anchor"] == data["order"][0]
    assert sorted(data["order"]) == list(range(24))
    assert [one["title"] for one in data["strategies"]] == ["Random", "Soft-LS", "Hard-LS", "Targeted attack"]
    assert data["heads"][0]["name"] == "p, before the attention"


def test_what_is_lit_meets_the_condition(negatives):
    data = shown(negatives)
    labels, answers, own = data["labels"], data["answers"], data["label"]
    others = [index for index, label in enumerate(labels) if label != own]
    random, soft, hard, targeted = (one["lit"] for one in data["strategies"])
    assert random == targeted == others
    assert soft == [index for index in others if answers[index] == data["answer"]]
    assert hard == [index for index in others if answers[index] == own]
    for one in data["strategies"]:
        assert labels[one["pick"]] != own
        assert one["fallback"] == (not one["lit"])


def test_a_link_opens_its_anchor(open_page):
    assert shown(open_page("negatives", model=MODEL, batch="24", anchor="7"))["anchor"] == 7


@pytest.mark.parametrize("wrong", ["24", "-1", "x", ""])
def test_a_link_to_no_anchor_opens_the_first(open_page, wrong):
    data = shown(open_page("negatives", model=MODEL, batch="24", anchor=wrong))
    assert data["anchor"] == data["order"][0]


def test_another_batch_begins_anew(open_page):
    at = open_page("negatives", model=MODEL, batch="24", anchor="23")
    at.number_input(key="batch").set_value(12).run()
    assert not at.error
    data = shown(at)
    assert data["anchor"] == data["order"][0]
    assert len(data["labels"]) == 12


def test_a_model_without_attention_and_without_contrast_says_so(open_page):
    at = open_page("negatives", model=PLAIN, batch="24")
    assert not at.error
    assert "trained without the contrast" in texts(at)
    (head,) = shown(at)["heads"]
    assert "no reverse attention" in head["note"]


def test_a_batch_of_one_class_says_what_to_change(open_page, monkeypatch):
    at = open_page("negatives", model=MODEL, batch="24")
    threes = lambda split, count, seed: (split.labels == 3).nonzero()[:count, 0]  # noqa: E731
    monkeypatch.setattr("ancra.data.dataset.Split.sample", threes)
    at.number_input(key="batch").set_value(2).run()
    assert not at.exception
    (error,) = at.error
    assert "take a larger batch or another seed" in error.value


def test_a_strategy_of_ones_own_is_a_further_column(open_page, monkeypatch):
    class Unsure(Picker):
        title = "Unsure"
        condition = "gt(OE) ≠ gt(ne)"
        words = "The image of another class that the model is least sure of."

        def candidates(self, batch):
            return batch.other_class

    monkeypatch.setitem(PICKERS._entries, "unsure", Unsure())
    last = shown(open_page("negatives", model=MODEL, batch="24"))["strategies"][-1]
    assert (last["title"], last["words"], last["own"]) == ("Unsure", Unsure.words, True)


def test_only_the_open_tab_is_drawn(open_page):
    at = open_page("negatives", model=MODEL, batch="24", tab="Population")
    assert not at.exception
    assert not [one for one in at.get("bidi_component") if one.proto.component_name == "ancra.mechanism"]
