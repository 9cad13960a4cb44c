import pytest
import torch
from torch import nn

from ancra.errors import AncraError
from ancra.models.plain import as_classifier
from ancra.models.registry import build_model
from ancra.models.reverse_attention import label_rows
from ancra.models.settings import ModelSettings


def test_a_classifier_is_returned_as_it_is():
    model = build_model(ModelSettings(), (1, 8, 8), 10)
    assert as_classifier(model) is model


def test_another_model_is_wrapped_and_left_alone():
    model = nn.Sequential(nn.Flatten(), nn.BatchNorm1d(4), nn.Linear(4, 3))
    model[1].eval()
    wrapped = as_classifier(model)
    assert wrapped.training
    assert not model[1].training
    assert next(iter(wrapped.parameters())) is model[1].weight
    assert as_classifier(wrapped) is wrapped
    wrapped.eval()
    assert not model.training
    images = torch.rand(2, 1, 2, 2)
    prediction = wrapped.predict(images, label_rows(torch.tensor([0, 1])))
    assert torch.equal(prediction.logits, model(images))
    assert prediction.auxiliary == prediction.features_before == ()


def test_what_gives_no_logits_is_refused():
    with pytest.raises(AncraError, match="must give logits"):
        as_classifier(nn.Identity())(torch.rand(2, 1, 2, 2))
    with pytest.raises(AncraError, match="torch module"):
        as_classifier(lambda images: images)
