"""Findings of health as they reach the window, made up so that what has to be shown is known."""

from dataclasses import replace

import numpy as np

from bnstudio.training.health import Extent, Health, HealthInspection, LayerHealth
from tests.gui.stack_snapshots import run_of


def extent(n_units, units, share=None):
    concerned = np.zeros(n_units, bool)
    concerned[list(units)] = True
    packed = np.packbits(concerned).tobytes()
    return Extent(float(concerned.mean()) if share is None else share, n_units, packed)


def layer(kind, n_units=8, own=(), constant=(), share=None):
    return LayerHealth(
        kind,
        n_units,
        extent(n_units, own, share or 0.0) if kind == "sigmoid" else None,
        extent(n_units, own) if kind == "relu" else None,
        extent(n_units, constant),
    )


HEALTHY = Health(3, 1_000, (layer("dense"), layer("batch_norm"), layer("sigmoid"), layer("head", n_units=10)))
ILL = Health(
    4,
    1_000,
    (
        layer("dense"),
        layer("batch_norm", constant=[1]),
        layer("sigmoid", own=[0, 7], share=0.31),
        layer("head", n_units=10, constant=range(10)),
    ),
)


def run_with(experiment, health, **changes):
    run = run_of(experiment)
    return replace(run, findings={HealthInspection(run.name): health}, **changes)
