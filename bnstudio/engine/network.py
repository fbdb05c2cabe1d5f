"""Layers in order, run forward and backward; every layer's output and output gradient is kept to be seen.

A network knows nothing of documents, data or losses: a loss gives it the gradient of its outputs.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import DTypeLike

    from bnstudio.engine.layers import Layer
    from bnstudio.engine.workspace import FloatArray


class Network:
    """A stack of layers.

    Attributes
    ----------
    layers : tuple of Layer
        In order; the last one computes the logits.
    outputs : list of (n_examples, n_outputs) arrays
        What each layer put out in the latest training forward; empty before the first.
    output_grads : list of (n_examples, n_outputs) arrays
        The gradient of the loss with respect to each layer's output in the latest backward; empty before the
        first. Both are references to arrays that the next training step writes again; inference leaves them.
    n_inputs : int or None
        Width of what the network takes; None where no layer asks for one.

    Raises
    ------
    ValueError
        When there is no layer, or a layer does not fit on the one before it.
    """

    def __init__(self, layers: Sequence[Layer]) -> None:
        if not layers:
            raise ValueError("a network needs at least one layer")
        self.layers = tuple(layers)
        self.outputs: list[FloatArray] = []
        self.output_grads: list[FloatArray] = []
        self.n_inputs = _check_widths(self.layers)
        dtypes = {param.dtype for layer in self.layers for param in layer.params.values()}
        if len(dtypes) > 1:
            raise ValueError(f"all layers must have one dtype, found {', '.join(sorted(map(str, dtypes)))}")
        self._dtype = dtypes.pop() if dtypes else None

    @property
    def n_parameters(self) -> int:
        """Number of trained values."""
        return sum(param.size for layer in self.layers for param in layer.params.values())

    # The values of a network that diverges overflow, and infinities make NaN. Its loss says so, once;
    # NumPy's warnings would say it again for every layer and step.
    @np.errstate(over="ignore", invalid="ignore")
    def forward(self, inputs: FloatArray, training: bool) -> FloatArray:
        """Run all layers and return the output of the last.

        Parameters
        ----------
        inputs : (n_examples, n_inputs) floating, of the layers' dtype
            In training it must stay as it is until `backward` is done.
        training : bool
            True keeps every output for `backward` and in `outputs`. False touches nothing that the latest
            training step left.

        Returns
        -------
        (n_examples, n_outputs) array
            The logits, if the last layer is a head. It is written again by the next forward of the same kind.

        Raises
        ------
        ValueError
            When `inputs` has another shape or dtype.
        """
        self._check_inputs(inputs)
        outputs = []
        values = inputs
        for layer in self.layers:
            values = layer.forward(values, training)
            outputs.append(values)
        if training:
            self.outputs = outputs
        return values

    @np.errstate(over="ignore", invalid="ignore")  # as in forward
    def backward(self, output_grad: FloatArray) -> None:
        """Fill every layer's `grads`, and `output_grads`, from the latest training forward.

        The gradient with respect to the network's inputs is not computed: it is the dearest of all matrix
        products, and nobody needs it.

        Parameters
        ----------
        output_grad : (n_examples, n_outputs) floating
            Gradient of the loss with respect to the last layer's output.

        Raises
        ------
        RuntimeError
            When there was no training forward.
        ValueError
            When `output_grad` has another shape than the output it belongs to.
        """
        if not self.outputs:
            raise RuntimeError("backward needs a forward(inputs, training=True) before it")
        if output_grad.shape != self.outputs[-1].shape:
            raise ValueError(f"output_grad must be {self.outputs[-1].shape}, found {output_grad.shape}")
        output_grads = [output_grad]
        for layer in self.layers[:0:-1]:
            output_grads.append(layer.backward(output_grads[-1]))
        self.layers[0].compute_param_grads(output_grads[-1])
        self.output_grads = output_grads[::-1]

    def copy(self, dtype: DTypeLike | None = None) -> Network:
        """Return a network with its own copies of all parameters and running statistics, in `dtype` if given.

        It starts without kept outputs and output gradients.
        """
        return Network([layer.copy(dtype) for layer in self.layers])

    def _check_inputs(self, inputs: FloatArray) -> None:
        width = inputs.shape[-1] if self.n_inputs is None else self.n_inputs
        dtype = inputs.dtype if self._dtype is None else self._dtype
        if inputs.ndim != 2 or len(inputs) == 0 or inputs.shape[1] != width or inputs.dtype != dtype:
            raise ValueError(
                f"inputs must be (n, {width}) {dtype} with n at least 1, found {inputs.shape} {inputs.dtype}"
            )


def _check_widths(layers: Sequence[Layer]) -> int | None:
    """Check that each layer takes what the one before puts out; return what the first takes."""
    n_inputs = width = None
    for index, layer in enumerate(layers):
        if width is not None and layer.n_inputs not in (None, width):
            raise ValueError(
                f"layer {index} ({type(layer).__name__}) takes {layer.n_inputs} inputs, "
                f"but the layer before it puts out {width}"
            )
        if n_inputs is None:
            n_inputs = layer.n_inputs
        width = layer.n_outputs or width
    return n_inputs
