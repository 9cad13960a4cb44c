"""The architectures by name."""

from collections.abc import Callable

from ancra.models.classifier import Classifier, ImageShape
from ancra.models.preact_resnet import preact_resnet18
from ancra.models.resnet import resnet18, small_resnet, strided_resnet
from ancra.models.settings import ModelSettings
from ancra.models.wide_resnet import WideResNet
from ancra.registry import Registry

MODELS: Registry[Callable[[ModelSettings, ImageShape, int], Classifier]] = Registry("architecture")
MODELS.add("small_resnet")(small_resnet)
MODELS.add("strided_resnet")(strided_resnet)
MODELS.add("resnet18")(resnet18)
MODELS.add("preact_resnet18")(preact_resnet18)
MODELS.add("wide_resnet")(WideResNet)


def build_model(settings: ModelSettings, image_shape: ImageShape, classes: int) -> Classifier:
    """An untrained model; its weights come from torch's global random generator.

    Args:
        settings: which network.
        image_shape: channels, height and width of the images.
        classes: number of classes.

    Raises:
        AncraError: when settings, image shape and classes do not fit together.
    """
    return MODELS[settings.architecture](settings, image_shape, classes)
