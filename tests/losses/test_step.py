"""A step taken apart: in parts it is the step as a whole, and nothing in it waits for the device."""

import pytest
import torch
from torch.utils._python_dispatch import TorchDispatchMode

from ancra.attacks.settings import AttackSettings
from ancra.losses.settings import ContrastSettings, ObjectiveSettings
from ancra.losses.step import StepSettings, attack_rows, draw_batch, loss_of_rows, training_step
from ancra.models.registry import build_model
from ancra.models.reverse_attention import label_rows
from ancra.models.settings import ModelSettings
from ancra.models.surrogate import LiveSurrogate
from ancra.negatives.settings import NegativeSettings

ATTACK = AttackSettings(epsilon=0.1, steps=6, start="gaussian", objective="joint")
LABELS = torch.tensor([0, 1, 2, 0, 1, 2, 1])
ANCRA = ObjectiveSettings(base="trades", contrast=ContrastSettings())


def network():
    torch.manual_seed(0)
    return build_model(ModelSettings(reverse_attention_blocks=2, width=4), (1, 8, 8), 3)


def images():
    return torch.rand(len(LABELS), 1, 8, 8, generator=torch.Generator().manual_seed(1))


def settings(base="trades", contrast=True, picker="soft_ls", perturbation="targeted_attack"):
    objective = ObjectiveSettings(base=base, contrast=ContrastSettings() if contrast else None)
    negatives = NegativeSettings(picker=picker, perturbation=perturbation, warmup_epochs=0)
    return StepSettings(objective, ATTACK, negatives, 0)


@pytest.mark.parametrize(
    "step",
    [settings(), settings(perturbation="none"), settings("mart", picker="random"), settings("pgd_at", contrast=False)],
    ids=["trades-ancra", "without perturbation", "mart-ancra", "pgd-at"],
)
def test_the_parts_of_a_batch_make_its_loss_and_its_gradient(step) -> None:
    def gradient(cuts):
        model = network().eval()  # where BatchNorm does not see how a batch is cut
        drawn = draw_batch(model, images(), LABELS, step, torch.Generator().manual_seed(2), part=3)
        total = 0.0
        for start, stop in cuts:
            made = attack_rows(model, drawn, step, slice(start, stop))
            loss = loss_of_rows(lambda x, y: model.predict(x, label_rows(y)), made, step.objective).total
            (loss * (stop - start) / len(LABELS)).backward()
            total += float(loss.detach()) * (stop - start) / len(LABELS)
        return total, [parameter.grad for parameter in model.parameters()]

    whole, parts = gradient([(0, 7)]), gradient([(0, 2), (2, 5), (5, 7)])
    assert parts[0] == pytest.approx(whole[0], rel=1e-5)
    assert all(torch.allclose(a, b, rtol=1e-3, atol=1e-5) for a, b in zip(whole[1], parts[1], strict=True))


class NoQuestions(TorchDispatchMode):
    """Forbids every operation whose answer Python has to wait for."""

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        assert func not in {torch.ops.aten._local_scalar_dense.default, torch.ops.aten.nonzero.default}, func
        assert func is not torch.ops.aten.equal.default
        return func(*args, **(kwargs or {}))


@pytest.mark.parametrize("base", ["natural", "pgd_at", "trades", "mart"])
@pytest.mark.parametrize("picker", ["random", "soft_ls", "hard_ls", "easy"])
def test_nothing_in_a_step_waits_for_the_device(base, picker) -> None:
    step = settings(base, contrast=base != "natural", picker=picker)
    model, generator = network().train(), torch.Generator().manual_seed(0)
    live = LiveSurrogate(model)

    def take():
        loss = training_step(
            model,
            images(),
            LABELS,
            objective=step.objective,
            attack=step.attack,
            negatives=step.negatives,
            epoch=step.epoch,
            generator=generator,
            live=live,
        )
        loss.total.backward()

    take()  # makes the copy
    with NoQuestions():
        take()


def test_a_live_copy_changes_nothing() -> None:
    step = settings()

    def losses(live_of):
        model = network().train()
        live, generator = live_of(model), torch.Generator().manual_seed(0)
        optimiser = torch.optim.SGD(model.parameters(), lr=0.1)
        found = []
        for _ in range(3):
            loss = training_step(
                model,
                images(),
                LABELS,
                objective=ANCRA,
                attack=ATTACK,
                negatives=step.negatives,
                epoch=0,
                generator=generator,
                live=live,
            )
            optimiser.zero_grad()
            loss.total.backward()
            optimiser.step()
            found.append(float(loss.total.detach()))
        return found

    assert losses(LiveSurrogate) == losses(lambda model: None)
