"""What went into a row, and how many of its examples are enough."""

import numpy as np
import pytest

from bnstudio.training.row_inputs import row_inputs, some_examples
from bnstudio.training.trainer import Trainer
from tests.training.experiments import DENSE, RELU, experiment, model


@pytest.mark.parametrize(
    ("shape", "n_chosen"),
    [
        ((100, 300), 20),  # 6,000 values
        ((100, 100), 100),  # no half of them would be enough
        ((100, 10), 100),
        ((100, 4_096), 17),  # not one or two examples of many units
        ((10_000, 300), 20),
        ((2, 4_096), 2),
    ],
)
def test_as_few_examples_as_are_enough_are_chosen(shape, n_chosen):
    assert len(np.arange(shape[0])[some_examples(shape)]) == n_chosen


def test_they_are_spread_over_the_whole_batch():
    chosen = np.arange(100)[some_examples((100, 300))]
    assert np.diff(chosen).tolist() == [5] * 19
    assert chosen[-1] == 95


def test_into_a_row_goes_what_the_one_above_put_out_and_into_the_first_the_pixels(dataset):
    trainer = Trainer(experiment(model("m", DENSE, RELU)), dataset)
    trainer.advance()
    (run,) = trainer.runs
    pixels, _ = trainer.latest_batch(run)
    np.testing.assert_array_equal(row_inputs(run, trainer, 0), pixels)
    np.testing.assert_array_equal(row_inputs(run, trainer, 0, slice(None, None, 3)), pixels[::3])
    np.testing.assert_array_equal(row_inputs(run, trainer, 1), run.network.outputs[0])
    np.testing.assert_array_equal(
        row_inputs(run, trainer, 1, slice(None, None, 3)), run.network.outputs[0][::3]
    )
