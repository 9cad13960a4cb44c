"""What residual networks share: stages of blocks, ``layer1``, ``layer2`` and so on."""

from collections.abc import Callable, Sequence

from torch import Tensor, nn

from ancra.models.classifier import Classifier


class StagedClassifier(Classifier):
    """A classifier whose blocks stand in stages; a subclass makes them by ``make_stages``."""

    def make_stages(
        self,
        block: Callable[[int, int, int], nn.Module],
        channels_in: int,
        widths: Sequence[int],
        blocks: Sequence[int],
    ) -> None:
        """Add the stages; each but the first halves the map.

        Args:
            block: makes one from (channels in, channels out, stride).
            channels_in: of the first stage.
            widths, blocks: channels and number of blocks of each stage.
        """
        self.stages = len(widths)
        for stage, (channels, count) in enumerate(zip(widths, blocks, strict=True)):
            layers = [block(channels_in, channels, 1 if stage == 0 else 2)]
            layers += [block(channels, channels, 1) for _ in range(count - 1)]
            self.add_module(f"layer{stage + 1}", nn.Sequential(*layers))
            channels_in = channels

    @property
    def final_blocks(self) -> nn.Sequential:
        """The residual blocks of the last stage."""
        stage = self.get_submodule(f"layer{self.stages}")
        assert isinstance(stage, nn.Sequential)
        return stage

    def before_last_stage(self, maps: Tensor) -> Tensor:
        """The maps of the stem through all stages but the last."""
        for stage in range(1, self.stages):
            maps = self.get_submodule(f"layer{stage}")(maps)
        return maps
