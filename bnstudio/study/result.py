"""What a training of the study came to, and how it is told in JSON."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from bnstudio.study.measurement import BinnedValues, LayerMeasurement
from bnstudio.training.history import History
from bnstudio.training.snapshot import Evaluation

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bnstudio.document.experiment import Experiment


@dataclass(frozen=True, eq=False)
class Result:
    """A training from its first step to its last, or to where it diverged."""

    experiment: Experiment
    """Of one model."""
    steps_per_epoch: int
    history: History
    diverged_at: int | None
    """The first step whose loss was not finite."""
    moments: Mapping[int, tuple[LayerMeasurement, ...]]
    """The layers, the head's Dense last, after certain steps; steps that were not reached are missing."""

    @property
    def test_accuracy(self) -> float | None:
        """Accuracy on the test images after the last epoch, None where it diverged."""
        if self.diverged_at is not None:
            return None
        return [item.accuracy for item in self.history.evaluations if item.examples == "test"][-1]


def to_content(result: Result) -> dict[str, Any]:
    """Return what JSON can hold; every number reads back as the same."""
    return {
        "experiment": result.experiment.model_dump(mode="json"),
        "steps_per_epoch": result.steps_per_epoch,
        "diverged_at": result.diverged_at,
        "losses": result.history.losses.tolist(),
        "accuracies": result.history.accuracies.tolist(),
        "evaluations": [asdict(item) for item in result.history.evaluations],
        "moments": {
            str(step): [asdict(layer) for layer in layers] for step, layers in result.moments.items()
        },
    }


def from_content(content: dict[str, Any], experiment: Experiment) -> Result:
    """Return the result whose content this is."""
    history = History()
    for loss, accuracy in zip(content["losses"], content["accuracies"], strict=True):
        history.record(loss, accuracy)
    history.evaluations.extend(Evaluation(**item) for item in content["evaluations"])
    return Result(
        experiment=experiment,
        steps_per_epoch=content["steps_per_epoch"],
        history=history,
        diverged_at=content["diverged_at"],
        moments={
            int(step): tuple(_layer(layer) for layer in layers) for step, layers in content["moments"].items()
        },
    )


def _layer(content: dict[str, Any]) -> LayerMeasurement:
    binned = {
        key: BinnedValues(**{**content[key], "counts": tuple(content[key]["counts"])})
        for key in ("values", "deviations", "gradients")
    }
    return LayerMeasurement(**{**content, **binned})
