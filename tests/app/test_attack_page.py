import json
from types import SimpleNamespace

import pytest
import streamlit as st

from ancra.attacks.objectives import OBJECTIVES

ATTENTION = "Tiny with attention · tiny-ra"
PLAIN = "Tiny plain · tiny-plain"


def texts(at) -> str:
    return " ".join(element.value for element in [*at.markdown, *at.caption, *at.header])


def replayed(at) -> dict:
    """What the replay widget was given."""
    (widget,) = (element for element in at.get("bidi_component") if element.proto.component_name == "ancra.replay")
    return json.loads(widget.proto.json)


def test_shows_both_models_with_a_verdict(attack):
    assert not attack.exception
    assert not attack.error
    assert not attack.warning
    assert attack.multiselect(key="attacked").value == ["uploads/tiny-ra", "uploads/tiny-plain"]
    assert not any("badge[" in each.value for each in attack.markdown)  # the first step does not tell the end
    attack.toggle(key="verdicts").set_value(True).run()
    assert len([each for each in attack.markdown if "badge[" in each.value]) == 2
    shown = replayed(attack)
    assert (shown["steps"], shown["step"]) == (40, 40)
    assert [model["title"] for model in shown["models"]] == [ATTENTION, PLAIN]
    assert [bool(model["without"]) for model in shown["models"]] == [False, True]
    assert shown["change"]["factors"] == ["2", "5"]
    assert "0.2 allowed" in shown["models"][0]["sizes"][40]


def test_one_model_is_enough_and_none_is_asked_for(attack):
    attack.multiselect(key="attacked").set_value(["uploads/tiny-plain"]).run()
    assert not attack.exception
    assert len(replayed(attack)["models"]) == 1
    assert "needs a model with reverse attention" in texts(attack)
    attack.multiselect(key="attacked").set_value([]).run()
    assert not attack.exception
    assert attack.info[0].value == "Choose at least one model."


def test_the_link_names_the_image(attack):
    assert attack.number_input(key="image").value == 5


@pytest.mark.parametrize(("wanted", "step"), [("3", 3), ("99", 40), ("nonsense", 40)])
def test_the_link_names_the_step(open_page, wanted, step):
    at = open_page("attack", attacked=[PLAIN], step=wanted)
    assert not at.exception
    assert replayed(at)["step"] == step


def test_a_step_computes_nothing(attack, monkeypatch):
    def fail(*_, **__):
        raise AssertionError("an attack ran again")

    monkeypatch.setattr("app.engine.kinds.attacks.trace_attack", fail)
    attack.session_state["step"] = 3
    attack.run()
    assert not attack.error
    assert replayed(attack)["step"] == 3


def test_a_shorter_attack_pulls_the_step_back(attack):
    attack.session_state["step"] = 30
    attack.selectbox(key="attack").select("FGSM").run()
    assert not attack.exception
    assert replayed(attack)["step"] == 1


def test_a_stored_trace_outlives_the_server(attack, home, monkeypatch):
    # PGD and the adaptive attack; on the model without reverse attention they are one.
    assert len(list((home / "results" / "trace").glob("*.npz"))) == 3

    def fail(*_, **__):
        raise AssertionError("an attack ran again")

    monkeypatch.setattr("app.engine.kinds.attacks.trace_attack", fail)
    before = replayed(attack)["key"]
    for cache in (st.cache_data, st.cache_resource):
        cache.clear()
    attack.run()
    assert not attack.error
    assert replayed(attack)["key"] == before


def test_a_damaged_or_foreign_stored_trace_is_made_again(attack, home):
    before = replayed(attack)["key"]
    first, second, *_ = sorted((home / "results" / "trace").glob("*.npz"))
    first.write_bytes(b"nonsense")
    second.write_bytes(b"")
    for cache in (st.cache_data, st.cache_resource):
        cache.clear()
    attack.run()
    assert not attack.error
    assert replayed(attack)["key"] == before


def test_every_objective_can_be_attacked(attack):
    for title in attack.selectbox(key="objective").options:
        attack.selectbox(key="attack").select("FGSM")
        attack.selectbox(key="objective").select(title).run()
        assert not attack.error, title


def test_a_target_class_can_be_chosen(attack):
    box = attack.selectbox(key="target")
    target = next(option for option in box.options if option.isdigit())
    box.select(target).run()
    assert not attack.error
    outcome = replayed(attack)["models"][0]["outcome"]
    assert f"target {target}" in outcome or "succeeds" in outcome or "fails" in outcome


def test_a_target_that_becomes_the_label_is_given_up(open_page, attack):
    label = replayed(attack)["label"]
    attack.selectbox(key="target").select(str((label + 1) % 10)).run()
    for index in range(40):
        attack.number_input(key="image").set_value(index).run()
        if replayed(attack)["label"] == (label + 1) % 10:
            break
    assert not attack.exception
    assert not attack.error
    assert attack.selectbox(key="target").value == "Any wrong class"
    at = open_page("attack", attacked=[PLAIN], image="5", target=str(label))
    assert not at.exception
    assert at.selectbox(key="target").value == "Any wrong class"


def test_a_wrong_link_opens_the_page(open_page):
    wrong = {"epsilon": "0", "attack": "x", "objective": "x", "image": "99999", "look": "x", "surface": "x"}
    at = open_page("attack", attacked=[PLAIN, "x"], **wrong)
    assert not at.exception
    assert not at.error
    assert replayed(at)["steps"] == 40


@pytest.mark.parametrize(("surface", "figures"), [("Map", 3), ("3-D", 3)])
def test_the_loss_around_the_image_is_a_surface_for_each_answer(open_page, surface, figures):
    at = open_page("attack", attacked=[ATTENTION, PLAIN], image="5", look="Loss surface", surface=surface)
    assert not at.exception
    assert len(at.get("plotly_chart")) == figures
    assert "is the only answer, so there is one surface" in texts(at)


@pytest.mark.parametrize("look", ["Losses", "Loss surface", "Attribution", "Channels"])
def test_every_tab_has_its_figures_and_sentences(open_page, look):
    at = open_page("attack", attacked=[ATTENTION, PLAIN], image="5", look=look)
    assert not at.exception
    assert not at.error
    assert len(at.get("plotly_chart")) == {"Losses": 2, "Loss surface": 2, "Attribution": 2, "Channels": 3}[look]
    sentence = {
        "Losses": "The attack works on",
        "Loss surface": "A line through the natural image",
        "Attribution": "both maps share one scale",
        "Channels": "Tiny plain · tiny-plain has no reverse attention, so no channel is turned up or down.",
    }[look]
    assert sentence in texts(at)


def test_every_method_explains_every_head(open_page):
    at = open_page("attack", attacked=[ATTENTION], look="Attribution")
    heads = at.selectbox(key="head").options
    for method, head in zip(at.selectbox(key="method").options, [*heads, heads[0]], strict=True):
        at.selectbox(key="method").select(method)
        at.selectbox(key="head").select(head).run()
        assert not at.exception
        assert not at.error, (method, head)


def test_files_can_be_taken_away(attack):
    labels = [button.label for button in attack.get("download_button")]
    assert labels[0] == "Image, 8 x 8 (PNG)"
    *of_the_trace, first, second, third, last = labels
    assert len(of_the_trace) == len(set(of_the_trace)) == 7
    assert [first, second, third, last] == ["PDF", "SVG"] * 2  # of the figures behind the answers


def test_the_path_leads_from_a_failing_attack_to_the_number(attack):
    assert attack.segmented_control(key="guide").value == "1 PGD fails"
    assert "PGD pushes the final answer" in texts(attack)
    attack.segmented_control(key="guide").set_value("2 Aim elsewhere").run()
    assert attack.selectbox(key="objective").value == OBJECTIVES["margin_first"].title
    assert "only the aim is another" in texts(attack)
    attack.segmented_control(key="guide").set_value("3 See why").run()
    assert attack.session_state["look"] == "Loss surface"
    assert "gradient masking" in texts(attack)
    attack.segmented_control(key="guide").set_value("4 The number").run()
    assert "has not been evaluated yet" in texts(attack)
    attack.selectbox(key="objective").select(OBJECTIVES["dlr"].title).run()
    assert not attack.exception
    assert not attack.warning
    assert "has not been evaluated" not in texts(attack)


def test_the_numbers_of_the_path_are_the_cards(attack, monkeypatch):
    from app import compute

    row = {"samples": 77, "pgd": 0.81, "adaptive": 0.012}
    card = compute.card("uploads/tiny-ra").with_changes(evaluation=(row,))
    found = compute.checkpoints()
    cards = {name: card if name.endswith("ra") else each for name, each in found.items()}
    paths = {name: compute.path(name) for name in found}
    monkeypatch.setattr("app.compute._found", lambda: SimpleNamespace(cards=cards, paths=paths))
    attack.segmented_control(key="guide").set_value("4 The number").run()
    assert "Over 77 test images" in texts(attack)
    assert "**81%** under PGD-40 and **1%** under the adaptive attack" in texts(attack)


def test_finds_the_next_image_that_pgd_misses_or_says_there_is_none(attack, monkeypatch):
    button = next(button for button in attack.button if "misses" in button.label)
    monkeypatch.setattr("app.parts.attack.sheet.attacks.missed_by_pgd", lambda name, epsilon: [2, 9])
    monkeypatch.setattr("app.parts.attack.sheet.words.verdict", lambda *_, **__: ("illusion", ""))
    button.click().run()
    assert attack.number_input(key="image").value == 9
    button.click().run()
    assert attack.number_input(key="image").value == 2
    monkeypatch.setattr("app.parts.attack.sheet.attacks.missed_by_pgd", lambda name, epsilon: [])
    button.click().run()
    assert attack.toast
    assert attack.number_input(key="image").value == 2


def test_an_unforeseen_error_shows_a_number_and_no_traceback(attack, monkeypatch):
    def fail(*_, **__):
        raise RuntimeError("secret detail")

    monkeypatch.setattr("app.engine.kinds.attacks.trace_attack", fail)
    attack.number_input(key="image").set_value(6).run()
    assert not attack.exception
    assert attack.error
    assert "did not foresee" in attack.error[0].value
    assert "secret" not in attack.error[0].value
