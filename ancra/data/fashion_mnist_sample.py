"""Makes the file of test images that comes with the project: ``python -m ancra.data.fashion_mnist_sample``."""

from pathlib import Path

import numpy as np
import torch

from ancra.data.dataset import Split
from ancra.data.fashion_mnist import SHIPPED, published_split
from ancra.data.settings import DataSettings, data_root
from ancra.data.splitting import stratified_split

SHARE = 0.2
SEED = 0


def write_sample(published: Split, path: Path = SHIPPED, share: float = SHARE, seed: int = SEED) -> int:
    """Write a stratified, seeded share of a published split; the same bytes every time.

    The file holds ``images`` (N, H, W) and ``labels`` (N,), uint8, and ``places``, where in the published files they
    are. Returns N.
    """
    _, places = stratified_split(published.labels, share, seed)
    chosen = published.subset(places)
    np.savez_compressed(
        path,
        images=chosen.images[:, 0].numpy(),
        labels=chosen.labels.to(torch.uint8).numpy(),
        places=places.to(torch.int32).numpy(),
    )
    return len(chosen)


if __name__ == "__main__":
    count = write_sample(published_split(data_root(DataSettings()), "t10k"))
    print(f"{count} images, {SHIPPED.stat().st_size / 1e6:.2f} MB: {SHIPPED}")
