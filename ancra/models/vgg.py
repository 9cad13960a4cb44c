"""VGG (Simonyan and Zisserman 2015) as on CIFAR: torchvision's convolutions with BatchNorm, and one linear layer."""

from collections import OrderedDict

from torch import nn

from ancra.models.classifier import ImageShape
from ancra.models.foreign import ForeignClassifier
from ancra.models.settings import ModelSettings
from ancra.models.sources import with_channels


def vgg11(settings: ModelSettings, image_shape: ImageShape, classes: int) -> ForeignClassifier:
    """VGG-11 with BatchNorm as on CIFAR: one linear layer on 512 features; no reverse attention."""
    return _vgg("A", settings, image_shape, classes)


def vgg13(settings: ModelSettings, image_shape: ImageShape, classes: int) -> ForeignClassifier:
    """VGG-13 with BatchNorm as on CIFAR: one linear layer on 512 features; no reverse attention."""
    return _vgg("B", settings, image_shape, classes)


def vgg16(settings: ModelSettings, image_shape: ImageShape, classes: int) -> ForeignClassifier:
    """VGG-16 with BatchNorm as on CIFAR: one linear layer on 512 features; no reverse attention."""
    return _vgg("D", settings, image_shape, classes)


def vgg19(settings: ModelSettings, image_shape: ImageShape, classes: int) -> ForeignClassifier:
    """VGG-19 with BatchNorm as on CIFAR: one linear layer on 512 features; no reverse attention."""
    return _vgg("E", settings, image_shape, classes)


def _vgg(kind: str, settings: ModelSettings, image_shape: ImageShape, classes: int) -> ForeignClassifier:
    from torchvision.models.vgg import cfgs, make_layers  # loading it takes seconds, and few models are VGGs

    layers = OrderedDict[str, nn.Module](
        features=make_layers(cfgs[kind], batch_norm=True),
        pool=nn.AdaptiveAvgPool2d(1),
        flatten=nn.Flatten(),
        classifier=nn.Linear(512, classes),
    )
    made = with_channels(nn.Sequential(layers), image_shape[0])
    return ForeignClassifier(settings, image_shape, classes, made)
