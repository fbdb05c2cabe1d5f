"""Small models and experiments to train in tests."""

from bnstudio.document.experiment import (
    BatchNormSpec,
    DenseSpec,
    Experiment,
    LeCunInit,
    ModelSetup,
    ReLUSpec,
    SigmoidSpec,
)


def model(name: str = "model", *layers, learning_rate: float = 0.1) -> ModelSetup:
    return ModelSetup(name=name, learning_rate=learning_rate, weight_init=LeCunInit(), layers=layers)


DENSE, BATCH_NORM, SIGMOID, RELU = DenseSpec(units=12), BatchNormSpec(), SigmoidSpec(), ReLUSpec()


def experiment(*models: ModelSetup, **common: int) -> Experiment:
    return Experiment(
        **{"batch_size": 20, "epochs": 2, **common}, models=models or (model("model", DENSE, SIGMOID),)
    )
