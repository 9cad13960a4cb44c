import pytest
import torch
from hypothesis import given
from hypothesis import settings as limits
from hypothesis import strategies as st

from ancra.errors import AncraError
from ancra.models.registry import build_model
from ancra.models.reverse_attention import forced_rows, label_rows, predicted_rows, soft_rows
from ancra.models.settings import ModelSettings

SMALL = {
    "small_resnet": {"width": 4},
    "strided_resnet": {"width": 4},
    "resnet18": {"width": 4},
    "preact_resnet18": {"width": 4},
    "wide_resnet": {"depth": 16, "widen_factor": 1},
}


def small(architecture, image_shape=(3, 16, 16), classes=5, **changes):
    torch.manual_seed(0)
    settings = ModelSettings(architecture=architecture, **{**SMALL[architecture], **changes})
    return build_model(settings, image_shape, classes).eval()


@limits(max_examples=15, deadline=None)
@given(
    architecture=st.sampled_from(sorted(SMALL)),
    channels=st.sampled_from([1, 3]),
    height=st.integers(8, 66),
    width=st.integers(8, 66),
    classes=st.integers(2, 7),
    blocks=st.sampled_from([0, 1, 2]),
)
def test_shapes(architecture, channels, height, width, classes, blocks):
    model = small(architecture, (channels, height, width), classes, reverse_attention_blocks=blocks)
    images = torch.rand(2, channels, height, width)
    with torch.no_grad():
        prediction = model.predict(images)
        assert torch.equal(model(images), prediction.logits)
    features = model.classifier_weight.shape[1]
    assert model.classifier_weight.shape[0] == classes
    assert prediction.logits.shape == (2, classes)
    assert [p.shape for p in prediction.auxiliary] == [(2, classes)] * blocks
    for each in (prediction.features_before, prediction.features_after):
        assert [z.shape for z in each] == [(2, features)] * max(blocks, 1)


@pytest.mark.parametrize("architecture", sorted(SMALL))
def test_without_reverse_attention_the_features_are_the_same(architecture):
    prediction = small(architecture).predict(torch.rand(2, 3, 16, 16))
    assert prediction.auxiliary == ()
    assert prediction.features_before[0] is prediction.features_after[0]


@pytest.mark.parametrize(
    ("architecture", "shape"),
    [("small_resnet", (1, 8, 8)), ("preact_resnet18", (3, 64, 64)), ("wide_resnet", (3, 32, 32))],
)
def test_features_after_are_the_features_before_times_the_row(architecture, shape):
    model = small(architecture, shape, reverse_attention_blocks=2)
    prediction = model.predict(torch.rand(3, *shape), forced_rows(4))
    for before, after in zip(prediction.features_before, prediction.features_after, strict=True):
        assert torch.allclose(after, before * model.classifier_weight[4], atol=1e-6)
    for before, auxiliary in zip(prediction.features_before, prediction.auxiliary, strict=True):
        assert torch.allclose(auxiliary, model.head(before), atol=1e-6)
    assert torch.allclose(prediction.logits, model.head(prediction.features_after[-1]), atol=1e-6)


def test_rows_are_an_argument_and_the_mode_changes_them_not():
    model = small("small_resnet", reverse_attention_blocks=2)
    images, labels = torch.rand(6, 3, 16, 16), torch.arange(6) % 5
    default = model.predict(images)
    assert torch.equal(default.logits, model.predict(images, predicted_rows).logits)
    labelled = model.predict(images, label_rows(labels))
    assert torch.equal(labelled.auxiliary[0], default.auxiliary[0])
    assert not torch.equal(labelled.logits, default.logits)
    # In training mode too, no attention means the predicted rows.
    model.train()
    trained = model.predict(images)
    assert torch.equal(trained.logits, model.predict(images, predicted_rows).logits)


def test_a_cold_soft_attention_is_the_predicted_row():
    model = small("small_resnet", reverse_attention_blocks=2).double()
    images = torch.rand(6, 3, 16, 16, dtype=torch.float64)
    cold = model.predict(images, soft_rows(1e-9))
    assert torch.allclose(cold.logits, model.predict(images).logits)


def test_a_soft_attention_lets_the_gradient_through():
    model = small("small_resnet", reverse_attention_blocks=1)
    images = torch.rand(2, 3, 16, 16)
    seen = []

    def record(logits):
        logits.retain_grad()
        seen.append(logits)
        return soft_rows()(logits)

    model.predict(images, record).logits.sum().backward()
    assert seen[0].grad.abs().sum() > 0


def test_predict_in_evaluation_mode_changes_nothing():
    model = small("preact_resnet18", reverse_attention_blocks=2)
    state = {key: value.clone() for key, value in model.state_dict().items()}
    first, second = (model.predict(torch.full((2, 3, 16, 16), 0.5)).logits for _ in range(2))
    assert torch.equal(first, second)
    assert all(torch.equal(value, state[key]) for key, value in model.state_dict().items())
    assert all(parameter.grad is None for parameter in model.parameters())


def test_images_of_a_batch_do_not_meet_in_evaluation_mode():
    model = small("wide_resnet", reverse_attention_blocks=2)
    images = torch.rand(4, 3, 16, 16)
    assert torch.allclose(model(images)[1:2], model(images[1:2]), atol=1e-5)


def test_normalisation_lives_inside_the_model_and_not_in_its_weights():
    plain = small("small_resnet")
    normalised = small("small_resnet", mean=(0.5, 0.4, 0.3), std=(0.2, 0.2, 0.1))
    images = torch.rand(2, 3, 16, 16)
    by_hand = (images - torch.tensor([0.5, 0.4, 0.3]).view(3, 1, 1)) / torch.tensor([0.2, 0.2, 0.1]).view(3, 1, 1)
    assert torch.allclose(normalised(images), plain(by_hand), atol=1e-6)
    assert normalised.state_dict().keys() == plain.state_dict().keys()


def test_published_sizes():
    preact = build_model(ModelSettings(architecture="preact_resnet18"), (3, 64, 64), 200)
    assert preact.classifier_weight.shape == (200, 2048)
    default = build_model(ModelSettings(reverse_attention_blocks=2), (1, 8, 8), 10)
    assert sum(parameter.numel() for parameter in default.parameters()) == 85678
    with torch.device("meta"):
        wide = build_model(ModelSettings(architecture="wide_resnet"), (3, 32, 32), 10)
    assert sum(parameter.numel() for parameter in wide.parameters()) == 46_160_474


@pytest.mark.parametrize(
    ("settings", "shape", "classes", "message"),
    [
        ({"architecture": "resnet18"}, (3, 7, 32), 10, "at least 8 x 8 pixels"),
        ({"architecture": "small_resnet"}, (1, 3, 3), 10, "at least 4 x 4 pixels"),
        ({"architecture": "strided_resnet"}, (1, 7, 7), 10, "at least 8 x 8 pixels"),
        ({"architecture": "small_resnet"}, (1, 8, 8), 1, "at least 2 classes"),
        ({"architecture": "wide_resnet", "depth": 17}, (3, 32, 32), 10, "multiple of 6"),
        ({"architecture": "wide_resnet", "width": 8}, (3, 32, 32), 10, "no setting 'width'"),
        ({"architecture": "resnet18", "depth": 16}, (3, 32, 32), 10, "no setting 'depth'"),
        ({"architecture": "preact_resnet18", "widen_factor": 2}, (3, 32, 32), 10, "no setting 'widen_factor'"),
        ({"architecture": "wide_resnet", "depth": 10, "reverse_attention_blocks": 2}, (3, 32, 32), 10, "deeper"),
        ({"mean": (0.5,)}, (3, 8, 8), 10, "give one each"),
        ({"std": (0.5, 0.5, 0.0)}, (3, 8, 8), 10, "above 0"),
    ],
)
def test_what_does_not_fit_is_refused_in_one_sentence(settings, shape, classes, message):
    with pytest.raises(AncraError, match=message):
        build_model(ModelSettings(**settings), shape, classes)


@pytest.mark.parametrize("shape", [(3, 16, 16), (2, 1, 16, 16), (2, 3, 16, 17)])
def test_images_of_another_shape_are_refused(shape):
    with pytest.raises(AncraError, match="takes images of shape"):
        small("small_resnet")(torch.rand(shape))


@pytest.mark.parametrize("chosen", [torch.zeros(3, dtype=torch.long), torch.zeros(2), torch.zeros(2, 4)])
def test_an_attention_of_another_shape_is_refused(chosen):
    model = small("small_resnet", reverse_attention_blocks=1)
    with pytest.raises(AncraError, match="class indices"):
        model.predict(torch.rand(2, 3, 16, 16), lambda logits: chosen)
