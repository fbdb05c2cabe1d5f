"""A run's curves as numbers: lines of CSV for every step, the mean loss of each epoch."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bnstudio.training.history import History

METRICS_HEADER = "step,epoch,train_loss,train_accuracy,test_loss,test_accuracy,subset_loss,subset_accuracy"


def metrics_lines(history: History, steps_per_epoch: int) -> Iterator[str]:
    """Yield the header and one line a step, without line ends.

    Steps and epochs are counted from 1. The loss and accuracy of a step are its mini-batch's, before the
    update; evaluations stand in the line of the step after which they were made. What was not measured is
    empty. Numbers are the shortest that read back as the same float.
    """
    yield METRICS_HEADER
    test, subset = (
        {
            item.step: f"{float(item.loss)!r},{float(item.accuracy)!r}"
            for item in history.evaluations
            if item.examples == examples
        }
        for examples in ("test", "subset")
    )
    for index, (loss, accuracy) in enumerate(zip(history.losses, history.accuracies, strict=True)):
        step, epoch = index + 1, index // steps_per_epoch + 1
        evaluated = f"{test.get(step, ',')},{subset.get(step, ',')}"
        yield f"{step},{epoch},{float(loss)!r},{float(accuracy)!r},{evaluated}"


def epoch_losses(history: History, steps_per_epoch: int) -> list[float]:
    """Mean of the step losses of each epoch; of the last one as far as it got."""
    starts = range(0, history.n_steps, steps_per_epoch)
    return [float(history.losses[start : start + steps_per_epoch].mean()) for start in starts]
