"""Numbers that others published: to stand beside ours, never among them, for they are of other data and networks."""

from dataclasses import dataclass

SUPPLEMENT = "Supplement of the paper, Table 1"
REFERENCE = "README of the reference implementation"


@dataclass(frozen=True)
class Published:
    """One published row; accuracies in %, None where the source gives none.

    Attributes:
        dataset, network, defence: what was measured.
        source: who says so.
    """

    dataset: str
    network: str
    defence: str
    natural: float
    pgd: float | None = None
    adaptive: float | None = None
    autoattack: float | None = None
    source: str = REFERENCE


_TINY, _PREACT = "Tiny-ImageNet", "PreActResNet-18"

PUBLISHED: tuple[Published, ...] = (
    Published(_TINY, _PREACT, "PGD-AT-ANCRA", 35.18, 26.73, 14.99, source=SUPPLEMENT),
    Published(_TINY, _PREACT, "TRADES-ANCRA", 33.47, 25.83, 13.54, source=SUPPLEMENT),
    Published(_TINY, _PREACT, "MART-ANCRA", 34.43, 26.65, 15.03, source=SUPPLEMENT),
    Published("CIFAR-10", "ResNet-18", "PGD-AT-ANCRA", 85.10, autoattack=59.15),
    Published("CIFAR-10", "ResNet-18", "TRADES-ANCRA", 81.70, autoattack=59.70),
    Published("CIFAR-10", "ResNet-18", "MART-ANCRA", 84.88, autoattack=59.60),
    Published("CIFAR-100", "ResNet-18", "PGD-AT-ANCRA", 59.73, autoattack=34.44),
    Published("CIFAR-100", "ResNet-18", "TRADES-ANCRA", 53.73, autoattack=35.81),
    Published("CIFAR-100", "ResNet-18", "MART-ANCRA", 60.10, autoattack=35.05),
    Published("CIFAR-10", "WideResNet-34-10", "TRADES-ANCRA", 83.19, autoattack=66.28),
    Published(_TINY, _PREACT, "PGD-AT-ANCRA", 43.02, 29.79),
    Published(_TINY, _PREACT, "TRADES-ANCRA", 38.94, 31.24),
    Published(_TINY, _PREACT, "MART-ANCRA", 43.83, 31.44),
)
