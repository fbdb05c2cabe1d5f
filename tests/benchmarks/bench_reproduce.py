"""How much faster the study's trainings are done two at a time than one after another.

    python tests/benchmarks/bench_reproduce.py [--epochs N] [--rounds N]

Both do the same trainings on all of MNIST, in turns, so that the ratio holds on a machine that does other
things too. Starting the processes and handing them the data counts. It needs two free cores.
"""

import argparse
import os
import statistics
import time

from bnstudio.data.datasets import Dataset, load_mnist
from bnstudio.document.experiment import Experiment
from bnstudio.document.presets import load_preset
from bnstudio.study.execution import training_all
from bnstudio.study.plan import Plan, effort

LIMIT = 1.6


def seconds_for(trainings: list[Experiment], dataset: Dataset, n_jobs: int) -> float:
    started_at = time.perf_counter()
    with training_all(trainings, dataset, n_jobs) as results:
        n_done = sum(1 for _ in results)
    assert n_done == len(trainings)
    return time.perf_counter() - started_at


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--epochs", type=int, default=1, help="epochs of each training")
    parser.add_argument("--rounds", type=int, default=3, help="how often both are measured")
    arguments = parser.parse_args()
    plan = Plan(load_preset("article").replaced(epochs=arguments.epochs), (0,))
    trainings = sorted((plan.training(name, 0) for name in plan.model_names), key=effort, reverse=True)
    dataset = load_mnist()
    print(f"{len(trainings)} trainings of {arguments.epochs} epoch(s), {os.cpu_count()} cores")
    ratios = []
    for _ in range(arguments.rounds):
        one, two = (seconds_for(trainings, dataset, n_jobs) for n_jobs in (1, 2))
        ratios.append(one / two)
        print(f"one at a time {one:5.1f} s, two at a time {two:5.1f} s: {ratios[-1]:.2f} times faster")
    median = statistics.median(ratios)
    print(f"median: {median:.2f} times faster (wanted: at least {LIMIT})")


if __name__ == "__main__":
    main()
