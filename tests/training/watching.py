"""What the tests of the trainer share."""

from ancra.checkpoints import load_checkpoint


class Watcher:
    """Remembers what it is told; may end the run after an epoch."""

    def __init__(self, end_after=None):
        self.rows, self.steps, self.starts, self.lines, self.end_after = [], [], [], [], end_after

    def started(self, epoch):
        self.starts.append(epoch)

    def progressed(self, progress):
        self.steps.append(progress)
        if self.end_after is not None and progress.epoch == self.end_after and progress.step == 2:
            raise KeyboardInterrupt

    def epoch_finished(self, row):
        self.rows.append(row)

    def log(self, line):
        self.lines.append(line)


def weights(path):
    return load_checkpoint(path)[0].state_dict()
