import io

import pytest
from PIL import Image

ATTENTION, PLAIN = "Tiny with attention · tiny-ra", "Tiny plain · tiny-plain"


@pytest.fixture
def attack(open_page):
    return open_page("attack", a=ATTENTION, b=PLAIN, image="5")


def texts(at) -> str:
    return " ".join(element.value for element in [*at.markdown, *at.caption, *at.subheader])


def test_shows_both_models_and_a_sentence_under_each_picture(attack):
    assert not attack.exception
    assert not attack.error
    assert [box.value for box in attack.selectbox[:2]] == ["uploads/tiny-ra", "uploads/tiny-plain"]
    assert [heading.value for heading in attack.subheader] == [ATTENTION, PLAIN]
    assert "After step 40" in texts(attack)
    assert "Perturbation x 5" in texts(attack)
    assert "0.2 allowed" in texts(attack)


def test_the_link_names_the_image(attack):
    assert attack.number_input(key="image").value == 5


def test_moving_the_slider_computes_nothing(attack, monkeypatch):
    def fail(*_, **__):
        raise AssertionError("an attack ran again")

    monkeypatch.setattr("app.answers.attacks.trace_attack", fail)
    attack.slider(key="step").set_value(3).run()
    assert not attack.error
    assert "After step 3" in texts(attack)


def test_a_shorter_attack_pulls_the_slider_back(attack):
    attack.selectbox(key="attack").select("FGSM").run()
    assert not attack.exception
    assert attack.slider(key="step").value == 1


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
    assert f"target {target}" in texts(attack) or "succeeds" in texts(attack) or "fails" in texts(attack)


def test_finds_the_next_image_that_pgd_misses_or_says_there_is_none(attack, monkeypatch):
    button = next(button for button in attack.button if "misses" in button.label)
    monkeypatch.setattr("app.parts.choose_image.attacks.missed_by_pgd", lambda name, epsilon: [2, 9])
    monkeypatch.setattr("app.parts.choose_image.words.verdict", lambda *_, **__: ("illusion", ""))
    button.click().run()
    assert attack.number_input(key="image").value == 9
    button.click().run()
    assert attack.number_input(key="image").value == 2
    monkeypatch.setattr("app.parts.choose_image.attacks.missed_by_pgd", lambda name, epsilon: [])
    button.click().run()
    assert attack.toast
    assert attack.number_input(key="image").value == 2


def test_an_upload_is_attacked_as_what_it_shows(attack):
    picture = io.BytesIO()
    Image.new("RGBA", (30, 20), (200, 10, 10, 128)).save(picture, "PNG")
    attack.segmented_control(key="source").set_value("Upload").run()
    assert attack.info
    attack.file_uploader[0].upload("mine.png", picture.getvalue()).run()
    assert not attack.error
    assert not attack.info
    assert "After step 40" in texts(attack)


def test_an_upload_that_is_no_image_gets_one_sentence(attack):
    attack.segmented_control(key="source").set_value("Upload").run()
    attack.file_uploader[0].upload("mine.png", b"nonsense").run()
    assert [error.value for error in attack.error] == [
        "mine.png is not a readable image (damaged, cut off or of another kind): replace it by a PNG or JPEG."
    ]
    assert not attack.exception


def test_an_unforeseen_error_shows_a_number_and_no_traceback(attack, monkeypatch):
    def fail(*_, **__):
        raise RuntimeError("secret detail")

    monkeypatch.setattr("app.answers.attacks.trace_attack", fail)
    attack.number_input(key="image").set_value(6).run()
    assert not attack.exception
    assert attack.error
    assert "did not foresee" in attack.error[0].value
    assert "secret" not in attack.error[0].value
