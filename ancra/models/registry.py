"""The architectures by name."""

from collections.abc import Callable

from ancra.models.classifier import Classifier, ImageShape
from ancra.models.foreign import ForeignClassifier
from ancra.models.preact_resnet import preact_resnet18
from ancra.models.resnet import resnet18, resnet34, resnet50, small_resnet, strided_resnet
from ancra.models.settings import ModelSettings
from ancra.models.sources import check_source, network
from ancra.models.vgg import vgg11, vgg13, vgg16, vgg19
from ancra.models.wide_resnet import WideResNet
from ancra.registry import Registry

MODELS: Registry[Callable[[ModelSettings, ImageShape, int], Classifier]] = Registry("architecture")
MODELS.add("small_resnet")(small_resnet)
MODELS.add("strided_resnet")(strided_resnet)
MODELS.add("resnet18")(resnet18)
MODELS.add("resnet34")(resnet34)
MODELS.add("resnet50")(resnet50)
MODELS.add("preact_resnet18")(preact_resnet18)
MODELS.add("wide_resnet")(WideResNet)
MODELS.add("vgg11")(vgg11)
MODELS.add("vgg13")(vgg13)
MODELS.add("vgg16")(vgg16)
MODELS.add("vgg19")(vgg19)


def check_architecture(name: str) -> None:
    """Raise AncraError, with the nearest known name, for an architecture that cannot be built here."""
    if ":" in name:
        check_source(name)
    else:
        MODELS[name]


def build_model(settings: ModelSettings, image_shape: ImageShape, classes: int) -> Classifier:
    """An untrained model; its weights come from torch's global random generator.

    Args:
        settings: which network: one registered here, or with a colon in its name one of ``ancra.models.sources``.
        image_shape: channels, height and width of the images.
        classes: number of classes.

    Raises:
        AncraError: when settings, image shape and classes do not fit together.
    """
    if ":" in settings.architecture:
        made = network(settings.architecture, image_shape, classes)
        return ForeignClassifier(settings, image_shape, classes, made)
    return MODELS[settings.architecture](settings, image_shape, classes)
