"""The trust report on models whose robustness is real, masked, or worthless."""

import pytest
import torch
from torch import nn

from ancra.attacks.suite import Threat
from ancra.data.dataset import Split
from ancra.errors import AncraError
from ancra.models.registry import build_model
from ancra.models.settings import ModelSettings
from ancra.trust.check import CHECKS, graded
from ancra.trust.examine import examine
from ancra.trust.report import Level, TrustReport, Verdict
from ancra.trust.settings import TrustSettings
from tests.toys import Bright

QUICK = TrustSettings(threat=Threat(epsilon=0.1, steps=20, queries=100), restarts=2, more_steps=2)


@pytest.fixture(scope="module")
def bars() -> Split:
    """Four classes told apart by which quarter of the image is bright, by a margin of 0.3 with noise."""
    generator = torch.Generator().manual_seed(0)
    labels = torch.arange(400) % 4
    images = 0.35 + 0.04 * torch.randn(400, 1, 4, 4, generator=generator)
    for index, label in enumerate(labels):
        images[index, 0, label] += 0.3
    return Split((images.clamp(0, 1) * 255).round().to(torch.uint8), labels)


class Rounded(Bright):
    """Masked: the image is rounded first, so no gradient reaches it."""

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        return super().forward((images * 8).round() / 8)


class Saturated(Bright):
    """Masked: logits so large that the cross-entropy's gradient underflows to zero."""

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        return super().forward(images) * 1e4


class Softmax(Bright):
    def forward(self, images: torch.Tensor) -> torch.Tensor:
        return super().forward(images).softmax(dim=1)


class Noisy(Bright):
    def forward(self, images: torch.Tensor) -> torch.Tensor:
        return super().forward(images) + torch.randn(len(images), 4)


class Told(Bright):
    """Sees the label."""

    def forward(self, images: torch.Tensor, labels: torch.Tensor | None = None) -> torch.Tensor:
        logits = super().forward(images)
        return logits if labels is None else logits + 100 * nn.functional.one_hot(labels, 4)


def level(report: TrustReport, name: str) -> Level:
    return next(check.level for check in report.checks if check.name == name)


def test_real_robustness_is_believable(bars: Split) -> None:
    report = examine(Bright(), bars, QUICK, others=[Bright()])
    assert report.verdict is Verdict.BELIEVABLE, [c for c in report.checks if c.level is not Level.GREEN]
    assert report.claimed.value > 0.9
    assert report.lowest.value > 0.9
    assert not report.not_run


def test_real_weakness_is_believable_too(bars: Split) -> None:
    weak = examine(Bright(), bars, QUICK.with_changes(threat=Threat(epsilon=0.3, steps=20, queries=100)))
    assert weak.claimed.value < 0.05
    assert weak.verdict is Verdict.BELIEVABLE
    assert weak.not_run == ["Images made on other models"]


@pytest.mark.parametrize(
    ("model", "red"),
    [
        (Rounded(), "zero_gradient"),
        (Saturated(), "zero_gradient"),
        (Softmax(), "logits"),
        (Noisy(), "deterministic"),
        (Told(), "label_leak"),
    ],
)
def test_masked_models_are_not_believed(bars: Split, model: nn.Module, red: str) -> None:
    report = examine(model, bars, QUICK.with_changes(threat=Threat(epsilon=0.18, steps=20, queries=100)))
    assert level(report, red) is Level.RED
    assert report.verdict is Verdict.NOT_BELIEVED


def test_masked_robustness_is_seen_through(bars: Split) -> None:
    wide = QUICK.with_changes(threat=Threat(epsilon=0.18, steps=20, queries=200))
    report = examine(Rounded(), bars, wide)
    assert report.claimed.value > report.lowest.value + 0.2
    assert level(report, "operations") is Level.RED


def test_reverse_attention_is_attacked_through_its_heads() -> None:
    torch.manual_seed(0)
    model = build_model(ModelSettings(reverse_attention_blocks=2, width=4), (1, 8, 8), 4)
    images = (torch.rand(16, 1, 8, 8) * 255).to(torch.uint8)
    with torch.no_grad():
        labels = model.eval()(images.float() / 255).argmax(dim=1)
    report = examine(model, Split(images, labels), QUICK)
    assert level(report, "operations") is Level.AMBER
    assert "argmax" in next(check.sentence for check in report.checks if check.name == "operations")
    assert next(check.figure for check in report.checks if check.name == "heads") is not None


def test_report_survives_json_and_skipped_checks_are_said(bars: Split) -> None:
    report = examine(Bright(), bars, QUICK.with_changes(samples=40, skip=("square", "restarts")))
    assert "A black-box attack on the survivors" in report.not_run
    assert TrustReport.from_json(report.to_json()) == report
    assert report.to_json()["verdict"] in {"believable", "doubtful"}
    assert "40 images" in report.budget


def test_small_samples_are_doubtful(bars: Split) -> None:
    report = examine(Bright(), bars, QUICK.with_changes(samples=20))
    assert level(report, "sample") in {Level.AMBER, Level.RED}


def test_unknown_check_is_named(bars: Split) -> None:
    with pytest.raises(AncraError, match="did you mean 'square'"):
        examine(Bright(), bars, QUICK.with_changes(skip=("squar",)))


def test_nan_logits_are_one_sentence(bars: Split) -> None:
    class Broken(Bright):
        def forward(self, images: torch.Tensor) -> torch.Tensor:
            return super().forward(images) * torch.nan

    with pytest.raises(AncraError, match="NaN"):
        examine(Broken(), bars, QUICK)


def test_examination_leaves_the_model_alone(bars: Split) -> None:
    torch.manual_seed(0)
    model = build_model(ModelSettings(width=4), (1, 4, 4), 4).train()
    before = {name: value.clone() for name, value in model.state_dict().items()}
    examine(model, bars, QUICK.with_changes(samples=20))
    assert all(torch.equal(value, before[name]) for name, value in model.state_dict().items())
    assert model.training
    assert all(parameter.grad is None and parameter.requires_grad for parameter in model.parameters())


def test_every_check_names_its_source_and_explains_itself() -> None:
    assert len(CHECKS) >= 19
    assert all(check.source and check.title for check in CHECKS.values())


def test_not_a_number_is_red() -> None:
    assert graded(float("nan"), 1, 2) is Level.RED
    assert graded(1.5, 1, 2) is Level.AMBER
    assert graded(0.5, 1, 2) is Level.GREEN


class Detached(Bright):
    """Masked: the image is cut off from the gradient altogether."""

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        return super().forward(images.detach())


def test_a_model_without_any_gradient_is_examined_all_the_same(bars: Split) -> None:
    wide = QUICK.with_changes(threat=Threat(epsilon=0.18, steps=20, queries=200), samples=200)
    report = examine(Detached(), bars, wide)
    assert level(report, "zero_gradient") is Level.RED
    assert report.verdict is Verdict.NOT_BELIEVED
    assert report.lowest.value < report.claimed.value
