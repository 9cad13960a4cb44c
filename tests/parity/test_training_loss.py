import pytest
import torch

from ancra.losses.objectives import Passes, training_loss
from ancra.losses.settings import ContrastSettings, ObjectiveSettings
from ancra.models.reverse_attention import label_rows

STEP = "trades_ancra_alpha_1.0"


@pytest.fixture(scope="module")
def step(reference, reference_model):
    """Loss and model after the reference's step: three training-mode passes and one backward pass."""
    model = reference_model("resnet18").train()
    data = {key.partition("/")[2]: value for key, value in reference.items() if key.startswith("resnet18/")}
    settings = ObjectiveSettings(base="trades", beta=6, auxiliary_weight=2, contrast=ContrastSettings(zeta=3, alpha=1))
    passes = Passes(
        natural=model.predict(data["x"], label_rows(data["y"])),
        adversarial=model.predict(data["x_adversarial"], label_rows(data["y"])),
        negative=model.predict(data["x_negative"], label_rows(data["y_negative"])),
    )
    loss = training_loss(settings, passes, data["y"])
    loss.total.backward()
    return loss, model


def test_loss_and_parts(step, reference):
    loss, _ = step
    assert loss.total.item() == pytest.approx(reference[f"{STEP}/loss"].item(), rel=1e-4)
    for part in ("natural", "robust", "contrast"):
        assert loss.parts[part].item() == pytest.approx(reference[f"{STEP}/{part}"].item(), rel=1e-4)


def test_gradient_norms(step, reference):
    _, model = step
    parameters = dict(model.named_parameters())
    names = [key.partition("/grad/")[2] for key in reference if key.startswith(f"{STEP}/grad/")]
    assert len(names) == 5
    for name in names:
        norm = parameters[name].grad.norm().item()
        # Of the first convolution the reference's own number, in fp32, is 1.2e-4 from the one in double precision.
        bound = 3e-4 if name == "conv1.weight" else 1e-4
        assert norm == pytest.approx(reference[f"{STEP}/grad/{name}"].item(), rel=bound), name


def test_running_mean_after_three_passes(step, reference):
    _, model = step
    theirs = reference[f"{STEP}/running_mean/layer4.1.bn2"]
    assert torch.allclose(model.get_submodule("layer4.1.bn2").running_mean, theirs, rtol=1e-4, atol=1e-6)
