"""What the datasets are called in a sentence."""

DATASET_TITLES = {
    "digits": "digits",
    "fashion_mnist": "Fashion-MNIST",
    "cifar10": "CIFAR-10",
    "cifar100": "CIFAR-100",
    "tiny_imagenet": "Tiny-ImageNet",
    "image_folder": "a folder of images",
}


def dataset_title(name: str) -> str:
    """As in "450 test images of Fashion-MNIST"; a plugin's dataset is called by its name."""
    return DATASET_TITLES.get(name, name)
