"""The study in small: the article's models with a few units each, and a data set that takes a blink."""

import numpy as np

from bnstudio.data.datasets import Dataset
from bnstudio.document.experiment import DenseSpec, Experiment
from bnstudio.document.presets import load_preset
from bnstudio.study.plan import Plan

STEPS_PER_EPOCH = 150


def small_dataset() -> Dataset:
    """300 training images, two a step, and 50 test images."""
    random = np.random.default_rng(5)
    images = random.integers(0, 256, (350, 784), dtype=np.uint8)
    labels = random.integers(0, 10, 350, dtype=np.uint8)
    return Dataset(images[:300], labels[:300], images[300:], labels[300:])


def small_article(epochs: int = 1) -> Experiment:
    article = load_preset("article")
    models = tuple(
        model.replaced(
            layers=tuple(DenseSpec(units=6) if spec.type == "dense" else spec for spec in model.layers)
        )
        for model in article.models
    )
    return article.replaced(batch_size=2, epochs=epochs, models=models)


def small_plan(epochs: int = 1, seeds: tuple[int, ...] = (0,)) -> Plan:
    return Plan(small_article(epochs), seeds)
