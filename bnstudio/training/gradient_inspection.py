"""Checks the gradients of a network in training, as it is now, array by array; training waits that long."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, ClassVar

from bnstudio.engine.gradient_check import TOLERANCE, GradientCheck
from bnstudio.training.gradients import (
    N_EXAMPLES,
    check_gradients,
    count_arrays,
    first_batch,
    with_article_gradient,
)
from bnstudio.training.inspection import Inspection

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bnstudio.engine.gradient_check import ArrayCheck, Verdict
    from bnstudio.training.run import Run
    from bnstudio.training.snapshot import LayerKind
    from bnstudio.training.trainer import Trainer


@dataclass(frozen=True)
class CheckedGradients:
    """What is checked so far of a network's arrays of parameters."""

    tolerance: ClassVar[float] = TOLERANCE
    """The largest error that passes."""

    step: int
    """Updates that the weights have had."""
    n_examples: int
    """How many images it was checked with."""
    kinds: tuple[LayerKind, ...]
    """What each layer is."""
    n_arrays: int
    """How many arrays there are to check."""
    checks: tuple[ArrayCheck, ...] = ()
    """Those of the arrays that are done, from the first layer on."""

    @property
    def under_way(self) -> bool:
        """Whether there are arrays yet to be checked."""
        return len(self.checks) < self.n_arrays

    def of_verdict(self, verdict: Verdict) -> GradientCheck:
        """Return those of the checks that have this verdict."""
        return GradientCheck(tuple(check for check in self.checks if check.verdict == verdict))


@dataclass(frozen=True)
class GradientCheckInspection(Inspection[CheckedGradients]):
    """Asks for a gradient check of a network as it is now, once; what is found is told after each array.

    It is checked with images of its latest mini-batch or, before any step, of the first.
    """

    number: int = 0
    """Another number is another check."""
    wrong_batch_norm: bool = False
    """Every BatchNorm gets the gradient of the article's listing, which is wrong; see `ArticleBatchNorm`."""

    once: ClassVar[bool] = True
    while_looking_back: ClassVar[bool] = True

    def can_measure(self, run: Run) -> bool:
        """Override: always, a network that was never trained has gradients too."""
        return True

    def is_whole(self, finding: CheckedGradients) -> bool:
        """Override: when all arrays are done."""
        return not finding.under_way

    def measure(self, run: Run, trainer: Trainer) -> Iterator[CheckedGradients | None]:
        """Override: a piece is one value that is moved. The network is copied first."""
        if run.latest_step:
            inputs, labels = trainer.latest_batch(run)
        else:
            inputs, labels = first_batch(trainer.experiment, trainer.dataset)
        network = with_article_gradient(run.network) if self.wrong_batch_norm else run.network
        pieces = check_gradients(network, inputs, labels)
        found = CheckedGradients(
            run.step, min(len(labels), N_EXAMPLES), run.layer_kinds, count_arrays(network)
        )
        for check in pieces:
            if check is None:
                yield None
            else:
                found = replace(found, checks=(*found.checks, check))
                yield found
