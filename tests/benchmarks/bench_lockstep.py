"""What eight models cost in lockstep, as a ratio to what they cost one by one.

    python tests/benchmarks/bench_lockstep.py

A lockstep is a step of all models of the preset `article` by one Trainer; their separate steps are those of
eight Trainers with one model each. All is measured in turns in one run, on one BLAS thread. Without a window,
locksteps are done in pieces of ten (`bnstudio train`): each model takes ten steps before the next has its
turn, and finds its arrays in the caches. With a window each lockstep is a piece of its own, and the
other seven models come between two steps of each. The last column has the separate trainers stepped in turns:
what it takes longer than the second is the caches' doing.
"""

import argparse
import statistics
import time
from collections.abc import Callable

from bnstudio.data.datasets import load_mnist
from bnstudio.document.presets import load_preset
from bnstudio.training.trainer import Trainer

N_STEPS = 10
LIMIT = 1.05


def milliseconds(work: Callable[[], None]) -> float:
    start = time.perf_counter()
    work()
    return (time.perf_counter() - start) * 1e3


def take_steps(trainer: Trainer, n_steps: int, in_a_piece: int = 1) -> float:
    """Take steps and return the milliseconds of one; evaluations, which are the same work, come between."""
    end = trainer.step + n_steps
    total = 0.0
    while trainer.step < end:
        if trainer.evaluating:
            trainer.advance()
        else:
            total += milliseconds(lambda: trainer.advance(min(in_a_piece, end - trainer.step)))
    return total / n_steps


def in_turns(trainers: list[Trainer]) -> float:
    return statistics.fmean(sum(take_steps(trainer, 1) for trainer in trainers) for _ in range(N_STEPS))


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rounds", type=int, default=60, help="how often they take turns (default 60)")
    arguments = parser.parse_args()

    dataset = load_mnist()
    experiment = load_preset("article").replaced(epochs=100)
    together = Trainer(experiment, dataset)
    alone = [Trainer(experiment.replaced(models=(model,)), dataset) for model in experiment.models]
    take_steps(together, N_STEPS), [take_steps(trainer, N_STEPS) for trainer in alone]

    rounds = [
        (
            take_steps(together, N_STEPS, in_a_piece=10),
            take_steps(together, N_STEPS),
            sum(take_steps(trainer, N_STEPS) for trainer in alone),
            in_turns(alone),
        )
        for _ in range(arguments.rounds)
    ]
    names = ("in pieces", "lockstep", "one by one", "in turns")
    print(f"{len(alone)} models, batch {experiment.batch_size}, one BLAS thread, {arguments.rounds} rounds")
    print(f"{'':12}" + "".join(f"{name:>14}" for name in names))
    for name, choose in (("best", min), ("median", statistics.median)):
        print(f"{name:12}" + "".join(f"{choose(column):>11.2f} ms" for column in zip(*rounds, strict=True)))
    for name, column in (("without a window", 0), ("lockstep by lockstep", 1)):
        best = min(r[column] for r in rounds) / min(r[2] for r in rounds)
        median = statistics.median(r[column] / r[2] for r in rounds)
        print(f"{name} / one by one: best {best:.3f}, median {median:.3f}   (aim: at most {LIMIT})")


if __name__ == "__main__":
    main()
