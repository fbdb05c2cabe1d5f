"""Every example once an epoch, the same batches for the same seed, never a batch of one."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bnstudio.data.batches import Batches, scale_images


def epoch_of(batches: Batches, epoch: int) -> list[np.ndarray]:
    return [batches.indices(epoch, i) for i in range(batches.n_steps_per_epoch)]


@given(
    n_examples=st.integers(2, 500),
    batch_size=st.integers(2, 600),
    seed=st.integers(0, 2**32 - 1),
    epoch=st.integers(0, 5),
)
def test_every_example_is_in_exactly_one_batch_and_no_batch_has_one(
    n_examples: int, batch_size: int, seed: int, epoch: int
) -> None:
    parts = epoch_of(Batches(n_examples, batch_size, seed), epoch)
    assert np.sort(np.concatenate(parts)).tolist() == list(range(n_examples))
    sizes = [len(part) for part in parts]
    assert min(sizes) >= 2
    assert all(size == batch_size for size in sizes[:-1])
    assert sizes[-1] <= batch_size + 1


@pytest.mark.parametrize(
    ("n_examples", "batch_size", "sizes"),
    [
        (10, 5, [5, 5]),
        (12, 5, [5, 5, 2]),
        (11, 5, [5, 6]),
        (3, 2, [3]),
        (3, 100, [3]),
        (101, 100, [101]),
    ],
)
def test_the_last_batch_is_smaller_or_takes_the_one_left_over(
    n_examples: int, batch_size: int, sizes: list[int]
) -> None:
    assert [len(part) for part in epoch_of(Batches(n_examples, batch_size, 0), 0)] == sizes


def test_examples_are_shuffled_one_by_one_and_anew_each_epoch() -> None:
    batches = Batches(1_000, 100, 0)
    first, second = epoch_of(batches, 0)[0], epoch_of(batches, 1)[0]
    assert len({index // 100 for index in first.tolist()}) > 5
    assert not np.array_equal(first, second)


def test_the_same_seed_gives_the_same_batches_and_another_seed_others() -> None:
    assert np.array_equal(Batches(1_000, 100, 7).indices(3, 4), Batches(1_000, 100, 7).indices(3, 4))
    assert not np.array_equal(Batches(1_000, 100, 7).indices(3, 4), Batches(1_000, 100, 8).indices(3, 4))


def test_the_order_is_that_of_the_documented_generator() -> None:
    sequence = np.random.SeedSequence(7, spawn_key=(0, 3))
    order = np.random.default_rng(sequence).permutation(1_000)
    np.testing.assert_array_equal(Batches(1_000, 100, 7).indices(3, 4), order[400:500])


def test_the_batch_of_any_step_is_found_again_in_any_order() -> None:
    batches = Batches(103, 10, 0)
    in_order = [batches.step_indices(step).copy() for step in range(33)]
    for step in (32, 0, 15, 11, 10, 31):
        np.testing.assert_array_equal(batches.step_indices(step), in_order[step])
    np.testing.assert_array_equal(in_order[11], batches.indices(1, 0))


def test_reading_from_eight_epochs_in_turns_shuffles_each_of_them_once(monkeypatch) -> None:
    batches = Batches(100, 10, 0)
    shuffled = []
    make = np.random.default_rng
    monkeypatch.setattr(np.random, "default_rng", lambda seed: shuffled.append(seed.spawn_key) or make(seed))
    for i in range(10):
        for epoch in range(8):
            batches.indices(epoch, i)
    assert shuffled == [(0, epoch) for epoch in range(8)]


def test_of_very_many_epochs_only_the_latest_orders_are_kept() -> None:
    batches = Batches(100, 10, 0)
    for epoch in range(50):
        batches.indices(epoch, 0)
    assert list(batches._orders) == list(range(42, 50))


def test_batches_cannot_be_changed_by_who_reads_them() -> None:
    with pytest.raises(ValueError, match="read-only"):
        Batches(10, 5, 0).indices(0, 0)[0] = 3


@pytest.mark.parametrize(("epoch", "i"), [(-1, 0), (0, -1), (0, 2)])
def test_a_batch_that_does_not_exist_is_an_error(epoch: int, i: int) -> None:
    with pytest.raises(IndexError, match="there is no batch"):
        Batches(10, 5, 0).indices(epoch, i)


@pytest.mark.parametrize(("n_examples", "batch_size"), [(1, 5), (0, 5), (10, 1), (10, 0)])
def test_batches_of_one_are_refused(n_examples: int, batch_size: int) -> None:
    with pytest.raises(ValueError, match="at least 2"):
        Batches(n_examples, batch_size, 0)


def test_reading_gives_the_examples_of_the_step_scaled_to_one() -> None:
    rng = np.random.default_rng(0)
    images = rng.integers(0, 256, (23, 4), dtype=np.uint8)
    labels = rng.integers(0, 10, 23, dtype=np.uint8)
    batches = Batches(23, 10, 0)
    for step in range(6):
        inputs, step_labels = batches.read(images, labels, step)
        indices = batches.step_indices(step)
        assert inputs.dtype == np.float32
        np.testing.assert_allclose(inputs, images[indices] / 255, rtol=2e-7)
        np.testing.assert_array_equal(step_labels, labels[indices])


def test_reading_reuses_its_buffer() -> None:
    images, labels = np.zeros((23, 4), np.uint8), np.zeros(23, np.uint8)
    batches = Batches(23, 10, 0)
    first, _ = batches.read(images, labels, 0)
    assert all(np.shares_memory(first, batches.read(images, labels, step)[0]) for step in range(1, 6))


def test_reading_refuses_arrays_of_another_length() -> None:
    batches = Batches(23, 10, 0)
    with pytest.raises(ValueError, match="both must be 23"):
        batches.read(np.zeros((22, 4), np.uint8), np.zeros(22, np.uint8), 0)


def test_scaled_pixels_are_zero_to_exactly_one_and_within_a_bit_of_the_quotient() -> None:
    pixels = np.arange(256, dtype=np.uint8)
    scaled = np.empty(256, np.float32)
    scale_images(pixels, out=scaled)
    assert scaled[0] == 0
    assert scaled[255] == 1
    np.testing.assert_array_max_ulp(scaled, (pixels / 255).astype(np.float32), 1)
