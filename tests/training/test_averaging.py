import torch

from ancra.models.registry import build_model
from ancra.models.settings import ModelSettings
from ancra.training.averaging import WeightAverage


def network():
    torch.manual_seed(0)
    return build_model(ModelSettings(width=4), (1, 8, 8), 3)


def shift(model, value):
    for tensor in (*model.parameters(), *model.buffers()):
        if tensor.is_floating_point():
            tensor.data.fill_(value)


def test_the_average_forgets_its_beginning_and_follows_the_formula():
    model = network()
    average, expected = WeightAverage(model, 0.9), None
    for step, value in enumerate([8.0, 4.0, 2.0, 1.0]):
        shift(model, value)
        average.update(model)
        decay = min(0.9, (1 + step) / (10 + step))
        expected = value if expected is None else decay * expected + (1 - decay) * value
    assert torch.allclose(average.model.fc.weight, torch.tensor(expected))
    assert torch.allclose(average.model.bn1.running_mean, torch.tensor(expected))  # statistics too
    assert bool((model.fc.weight == 1.0).all())


def test_a_state_is_restored():
    model = network()
    average, again = WeightAverage(model, 0.9), WeightAverage(model, 0.9)
    for value in (3.0, 5.0):
        shift(model, value)
        average.update(model)
    again.load_state_dict(average.state_dict())
    shift(model, 7.0)
    for one in (average, again):
        one.update(model)
    assert all(map(torch.equal, average.model.parameters(), again.model.parameters()))
