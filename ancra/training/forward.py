"""The training-mode pass through the model, in the memory layout the recipe asks for, and compiled if it does."""

from collections.abc import Callable

import torch
from torch import Tensor

from ancra.models.classifier import Classifier
from ancra.models.prediction import Prediction
from ancra.models.reverse_attention import label_rows
from ancra.recipe import Recipe
from ancra.training.memory import out_of_memory

Say = Callable[[str], None]


class TrainingPass:
    """Passes images through a model with the rows of their labels; where nothing can be compiled, says so and goes on.

    What is compiled is the pass, not the model: its parameters keep their names, and its checkpoint is the same.

    Args:
        say: is given the sentence about a compiler that does not work.
    """

    def __init__(self, model: Classifier, recipe: Recipe, say: Say) -> None:
        self.model, self.say = model, say
        self.layout = torch.channels_last if recipe.channels_last else torch.contiguous_format
        # One graph for all sizes: the last batch of an epoch, and the parts of a batch, are smaller.
        self._compiled = torch.compile(_answer, dynamic=True) if recipe.compile else None

    def __call__(self, images: Tensor, labels: Tensor) -> Prediction:
        """The prediction, without features, of images (n, C, H, W) with the rows of the labels (n,)."""
        images = images.contiguous(memory_format=self.layout)
        if self._compiled is None:
            return _prediction(_answer(self.model, images, labels))
        try:
            return _prediction(self._compiled(self.model, images, labels))
        except Exception as error:  # compilers raise whatever they like
            if out_of_memory(error):
                raise
            reason = (str(error).strip() or type(error).__name__).splitlines()[0]
            self.say(f"The training passes are not compiled, which only costs time: {reason}")
            self._compiled = None
        return _prediction(_answer(self.model, images, labels))


def _answer(model: Classifier, images: Tensor, labels: Tensor) -> tuple[Tensor, tuple[Tensor, ...]]:
    found = model.predict(images, label_rows(labels))
    return found.logits, found.auxiliary


def _prediction(answer: tuple[Tensor, tuple[Tensor, ...]]) -> Prediction:
    return Prediction(*answer)
