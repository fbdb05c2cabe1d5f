"""What was measured of the layers of a run in one step: frozen, with read-only arrays.

All layers' readings lie in two matrices, so that a set is cheap to send, to keep and to draw. The reading of
one layer, with plain numbers, is made of them when somebody asks for it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from bnstudio.training.snapshot import LayerKind

STATISTICS = np.dtype(
    [
        *((name, np.float64) for name in ("low", "high", "mean", "std", "minimum", "maximum", "signal")),
        *((name, np.int32) for name in ("n_values", "n_counted", "n_zeros", "signal_n_zeros")),
    ]
)
"""The statistics of one array. They are called as in `Reading` and `Histogram`."""


@dataclass(frozen=True)
class Histogram:
    """Counts of values in equal bins from `low` to `high`; what lies outside is counted, never dropped."""

    counts: NDArray[np.int64]
    """(n_bins,) int64, read-only."""
    low: float
    high: float
    underflow: int
    """How many of the counted values lie below `low`."""
    overflow: int
    """How many lie above `high`."""
    n_zeros: int
    """How many are exactly zero. On a linear axis they are among `counts`; on a log axis they are not."""
    log_magnitude: bool = False
    """Whether the axis is of log10 of the magnitude, `low` and `high` included."""


@dataclass(frozen=True)
class Reading:
    """What was measured of one array (n_examples, n_units): a layer's forward values or its output gradient.

    All of it is of `n_counted` of the `n_values`: every value when paused, a sample at full speed. A unit's
    mean over the mini-batch, from which the signal is a deviation, is always of all its values.
    """

    histogram: Histogram
    """The values themselves or, when asked for, log10 of their magnitude."""
    n_values: int
    n_counted: int
    mean: float
    std: float
    """Pooled over units and examples."""
    minimum: float
    maximum: float
    zero_share: float
    """Share of values that are exactly zero, 0 to 1."""
    signal: float | None = None
    """sqrt of the mean over units of the variance over the mini-batch; forward readings only."""
    signal_histogram: Histogram | None = None
    """Each value's deviation from its unit's mean over the mini-batch, drawn around the pooled mean (log: of
    the deviation itself), on the axis of `histogram`; forward readings only."""


@dataclass(frozen=True)
class LayerReading:
    """Both directions of one layer in one step."""

    kind: LayerKind
    forward: Reading
    backward: Reading
    """Of the gradient of the mean batch loss with respect to the layer's output."""


class _Column:
    """A statistic of all layers, an attribute of SideReadings with the statistic's name."""

    def __set_name__(self, owner: type, name: str) -> None:
        self._name = name

    def __get__(self, side: SideReadings, owner: type) -> NDArray[Any]:
        column: NDArray[Any] = side.statistics[self._name]
        return column


@dataclass(frozen=True, eq=False)
class SideReadings:
    """One direction of all layers: read-only arrays over the layers, of what a `Reading` has of one.

    Attributes
    ----------
    statistics : (n_layers,) STATISTICS
    binned : (n_layers, n_bins + 2) unsigned integers
        Underflow, counts, overflow.
    signal_binned : (n_layers, n_bins + 2) unsigned integers, or None for backward
        The same of the signal.
    log_magnitude : bool
        Whether the axes are of log10 of the magnitude.
    """

    statistics: NDArray[np.void]
    binned: NDArray[np.unsignedinteger]
    signal_binned: NDArray[np.unsignedinteger] | None
    log_magnitude: bool

    # (n_layers,) arrays.
    low = _Column()
    high = _Column()
    mean = _Column()
    std = _Column()
    minimum = _Column()
    maximum = _Column()
    signal = _Column()
    """NaN for backward."""
    n_values = _Column()
    n_counted = _Column()
    n_zeros = _Column()

    @property
    def zero_share(self) -> NDArray[np.float64]:
        """(n_layers,) float64, 0 to 1."""
        shares: NDArray[np.float64] = self.n_zeros / self.n_counted
        return shares

    @property
    def counts(self) -> NDArray[np.unsignedinteger]:
        """(n_layers, n_bins) unsigned integers."""
        return self.binned[:, 1:-1]

    @property
    def underflow(self) -> NDArray[np.unsignedinteger]:
        """(n_layers,) unsigned integers."""
        return self.binned[:, 0]

    @property
    def overflow(self) -> NDArray[np.unsignedinteger]:
        """(n_layers,) unsigned integers."""
        return self.binned[:, -1]

    @property
    def signal_counts(self) -> NDArray[np.unsignedinteger] | None:
        """(n_layers, n_bins) unsigned integers, or None."""
        return None if self.signal_binned is None else self.signal_binned[:, 1:-1]

    @property
    def signal_underflow(self) -> NDArray[np.unsignedinteger] | None:
        """(n_layers,) unsigned integers, or None."""
        return None if self.signal_binned is None else self.signal_binned[:, 0]

    @property
    def signal_overflow(self) -> NDArray[np.unsignedinteger] | None:
        """(n_layers,) unsigned integers, or None."""
        return None if self.signal_binned is None else self.signal_binned[:, -1]

    def reading(self, row: int) -> Reading:
        """Return the reading of the layer at `row`, in plain numbers."""
        low, high, mean, std, minimum, maximum, signal, *numbers = self.statistics[row].item()
        n_values, n_counted, n_zeros, signal_n_zeros = numbers

        def histogram(binned: NDArray[np.unsignedinteger], n_zeros: int) -> Histogram:
            underflow, *_, overflow = binned[row].tolist()
            counts = binned[row, 1:-1].astype(np.int64)
            counts.flags.writeable = False
            return Histogram(counts, low, high, underflow, overflow, n_zeros, self.log_magnitude)

        return Reading(
            histogram=histogram(self.binned, n_zeros),
            n_values=n_values,
            n_counted=n_counted,
            mean=mean,
            std=std,
            minimum=minimum,
            maximum=maximum,
            zero_share=n_zeros / n_counted,
            signal=None if self.signal_binned is None else signal,
            signal_histogram=(
                None if self.signal_binned is None else histogram(self.signal_binned, signal_n_zeros)
            ),
        )


@dataclass(frozen=True, eq=False)
class Readings:
    """The readings of all of a network's layers in one step, all finite; `readings[row]` is those of one.

    Attributes
    ----------
    kinds : tuple of LayerKind
        What each layer is.
    n_outputs : tuple of int
        How many units each layer has.
    log_magnitude : bool
        Whether the axes are of log10 of the magnitude.
    statistics : (2, n_layers) STATISTICS
        Forward, backward.
    binned : (3, n_layers, n_bins + 2) unsigned integers
        Underflow, counts, overflow of the forward values, of the output gradients and of the signal.
    """

    kinds: tuple[LayerKind, ...]
    n_outputs: tuple[int, ...]
    log_magnitude: bool
    statistics: NDArray[np.void]
    binned: NDArray[np.unsignedinteger]

    def __post_init__(self) -> None:
        self.statistics.flags.writeable = self.binned.flags.writeable = False

    @property
    def forward(self) -> SideReadings:
        """The values that the layers put out."""
        return SideReadings(self.statistics[0], self.binned[0], self.binned[2], self.log_magnitude)

    @property
    def backward(self) -> SideReadings:
        """The gradient of the mean batch loss with respect to the layers' outputs."""
        return SideReadings(self.statistics[1], self.binned[1], None, self.log_magnitude)

    def __len__(self) -> int:
        return len(self.kinds)

    def __getitem__(self, row: int) -> LayerReading:
        return LayerReading(self.kinds[row], self.forward.reading(row), self.backward.reading(row))

    def __iter__(self) -> Iterator[LayerReading]:
        return (self[row] for row in range(len(self)))

    def __reduce__(self) -> tuple[Any, ...]:
        # As bytes, of which an array is made without a copy: pickled arrays take longer, and can be written.
        matrices = self.statistics.tobytes(), self.binned.tobytes(), self.binned.dtype.char
        return _unpacked, (self.kinds, self.n_outputs, self.log_magnitude, matrices)


def _unpacked(
    kinds: tuple[LayerKind, ...],
    n_outputs: tuple[int, ...],
    log_magnitude: bool,
    matrices: tuple[bytes, bytes, str],
) -> Readings:
    statistics, binned, dtype = matrices
    return Readings(
        kinds,
        n_outputs,
        log_magnitude,
        np.frombuffer(statistics, STATISTICS).reshape(2, -1),
        np.frombuffer(binned, dtype).reshape(3, len(kinds), -1),
    )
