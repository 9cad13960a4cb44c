import pytest
import torch


def close(ours, theirs):
    """Equal within 1e-4 relative to the largest value."""
    return (ours - theirs).abs().max() <= 1e-4 * theirs.abs().max()


@pytest.mark.parametrize("network", ["resnet18", "preact_resnet18", "wide_resnet16_2"])
def test_logits_equal_those_of_the_reference(network, reference, reference_model):
    model = reference_model(network)
    with torch.no_grad():
        prediction = model.predict(reference[f"{network}/x"])
    assert close(prediction.logits, reference[f"{network}/eval_logits"])
    assert len(prediction.auxiliary) == 2
    for block, auxiliary in enumerate(prediction.auxiliary):
        assert close(auxiliary, reference[f"{network}/eval_auxiliary_{block}"])
