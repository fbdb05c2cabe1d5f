"""The commands. Each imports what it needs when it runs: the window comes up without waiting for the rest.

Exit codes: 0 done; 1 it could not be done here, or a model diverged; 2 bad input; 130 ended by Ctrl+C.
"""

# ruff: noqa: PLC0415 (for the reason above; besides, doctor must work where the rest can't be imported)

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated, Any

import typer
import typer.core

import bnstudio
from bnstudio.cli.failure import fail
from bnstudio.cli.start import FIRST_PRESET, INTERRUPTED


class _WindowByDefault(typer.core.TyperGroup):
    """Takes a first word that is no command for the window's argument."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        if not args or (args[0] not in self.commands and not args[0].startswith("-")):
            args = ["window", *args]
        return super().parse_args(ctx, args)


app = typer.Typer(
    cls=_WindowByDefault,
    subcommand_metavar="[FILE_OR_PRESET | COMMAND ...]",
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)

Source = Annotated[
    str,
    typer.Argument(
        metavar="FILE_OR_PRESET",
        help="A .bnstudio file, or a preset; a preset's name wins over a file's (./S6 is the file).",
        show_default=False,
    ),
]


def _folder(text: str) -> Path:
    # A shell's variable that is not set; Path would take it for the folder one is in.
    if not text:
        raise typer.BadParameter("found nothing; right would be a folder, as in --out results")
    return Path(text)


def _print_version(asked: bool) -> None:
    if asked:
        typer.echo(f"bnstudio {bnstudio.__version__}")
        raise typer.Exit


@app.callback()
def common(
    version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """See why a deep network learns or does not.

    `bnstudio` opens the window, `bnstudio FILE_OR_PRESET` opens it with that experiment, or with the run in a
    .bnrun file.
    """


@app.command(hidden=True)
def window(source: Source = FIRST_PRESET) -> None:
    """Open the window with an experiment or a run."""
    from bnstudio.cli.window import open_window

    open_window(source)


@app.command()
def presets() -> None:
    """List the experiments that ship with bnstudio."""
    from bnstudio.document.presets import DESCRIPTIONS

    width = max(map(len, DESCRIPTIONS))
    for name, description in DESCRIPTIONS.items():
        typer.echo(f"{name:{width}}  {description}")


@app.command()
def train(
    source: Source,
    epochs: Annotated[
        int | None, typer.Option(metavar="N", help="Epochs to train, instead of the experiment's.")
    ] = None,
    seed: Annotated[
        int | None,
        typer.Option(metavar="N", help="Seed of weights and batches, instead of the experiment's."),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR",
            parser=_folder,
            help="Folder for experiment.bnstudio and each model's metrics.csv.",
        ),
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace results that DIR already holds.")] = False,
) -> None:
    """Train without a window, and print what came of it.

    Ctrl+C ends it with what there is, and so do the signals TERM and HUP.
    """
    from rich.console import Console

    from bnstudio.cli.headless import train_without_window
    from bnstudio.cli.interruption import interruption_noted
    from bnstudio.cli.results import ResultsError, prepare_folder, write_results
    from bnstudio.cli.sources import InputError, read_source, with_overrides
    from bnstudio.cli.summary import divergence_message, summary_table
    from bnstudio.cli.tables import print_whole
    from bnstudio.data.datasets import load_mnist
    from bnstudio.data.idx import DataError
    from bnstudio.training.memory import explain_shortage

    try:
        experiment = with_overrides(read_source(source)[0], epochs=epochs, seed=seed)
        if out is not None:
            prepare_folder(out, experiment, force=force)
    except (InputError, ResultsError) as error:
        fail(str(error), 2)
    problems = []
    progress = Console(stderr=True, markup=False, highlight=False)
    try:
        with interruption_noted() as interruption:
            trainer = train_without_window(experiment, load_mnist(), progress, interruption)
            anything_done = trainer.step > 0 or trainer.finished
            if out is not None and anything_done:
                try:
                    write_results(out, experiment, trainer.runs, trainer.steps_per_epoch, force=force)
                except ResultsError as error:
                    problems.append(str(error))
    except DataError as error:
        fail(str(error), 1)
    except MemoryError as error:
        fail(explain_shortage(error), 1)
    except KeyboardInterrupt:
        lost = "" if out is None else "; not all results were written"
        fail(f"ended at once by Ctrl+C{lost}", INTERRUPTED)
    if anything_done:
        console = Console(markup=False, highlight=False)
        console.print("Mean training loss of each epoch, and accuracy on the test images:")
        print_whole(console, summary_table(trainer))
        if out is not None and not problems:
            typer.echo(f"Results: {out}")
    problems += [divergence_message(run) for run in trainer.runs if run.divergence is not None]
    for problem in problems:
        typer.echo(f"bnstudio: {problem}", err=True)
    if not trainer.finished:
        steps = f"{trainer.step:,} of {trainer.target:,} steps"
        fail(f"ended by {interruption.cause} after {steps}", interruption.exit_code)
    if problems:
        raise typer.Exit(1)


@app.command()
def reproduce(
    out: Annotated[
        Path,
        typer.Option(
            metavar="DIR",
            parser=_folder,
            help="Folder for the results and the report.",
            show_default=False,
        ),
    ],
    epochs: Annotated[int, typer.Option(metavar="N", help="Epochs to train.")] = 5,
    seeds: Annotated[str, typer.Option(metavar="N,N,...", help="Seeds of weights and batches.")] = "0,1,2",
    jobs: Annotated[
        int | None,
        typer.Option(
            metavar="N", min=1, help="How many to train at once; by default as many as there are cores."
        ),
    ] = None,
) -> None:
    """Run the whole study that the presets follow, and write a report with a verdict on each of its claims.

    Every model is trained with every seed. Called again after an interruption, it goes on where it was.
    """
    from rich.console import Console

    from bnstudio.cli.interruption import orderly_end
    from bnstudio.cli.reproduce import parse_seeds, train_missing, write_report
    from bnstudio.cli.sources import InputError, read_source, with_overrides
    from bnstudio.data.datasets import load_mnist
    from bnstudio.data.idx import DataError
    from bnstudio.study.execution import WorkerLostError
    from bnstudio.study.figures import MatplotlibMissingError, require_matplotlib
    from bnstudio.study.plan import Plan
    from bnstudio.study.store import StoreError, WriteError, open_store

    console = Console(stderr=True, markup=False, highlight=False)
    try:
        with orderly_end():
            plan = Plan(with_overrides(read_source("article")[0], epochs=epochs), parse_seeds(seeds))
            require_matplotlib()
            with open_store(out) as store:
                results = train_missing(plan, store, load_mnist(), jobs, console)
                verdicts = write_report(plan, store, results)
    except (DataError, WorkerLostError, WriteError) as error:
        fail(str(error), 1)
    except (InputError, MatplotlibMissingError, StoreError) as error:
        fail(str(error), 2)
    except KeyboardInterrupt:
        fail(f"ended by Ctrl+C; the same command goes on with what is in {out}", INTERRUPTED)
    for verdict in verdicts:
        typer.echo(f"{verdict.words:13} {verdict.claim}. {verdict.statement}")
    typer.echo(f"Report: {out / 'report.html'}")


@app.command()
def gradcheck(
    source: Source,
    model: Annotated[
        str | None, typer.Option(metavar="NAME", help="Check this model alone, not all of the experiment's.")
    ] = None,
    seed: Annotated[
        int | None,
        typer.Option(metavar="N", help="Seed of weights and batches, instead of the experiment's."),
    ] = None,
    wrong_batch_norm: Annotated[
        bool,
        typer.Option(
            "--wrong-batch-norm",
            help="Give each BatchNorm a gradient with a well-known mistake, to see which arrays it spoils.",
        ),
    ] = False,
) -> None:
    """Check the gradients of all layers against measured slopes, at the initial weights.

    Ends with exit code 1 when one is wrong.
    """
    from rich.console import Console

    from bnstudio.cli.gradcheck import check_models, with_model_alone
    from bnstudio.cli.sources import InputError, read_source, with_overrides
    from bnstudio.data.datasets import load_mnist
    from bnstudio.data.idx import DataError

    output, progress = (Console(stderr=stderr, markup=False, highlight=False) for stderr in (False, True))
    try:
        experiment = with_model_alone(with_overrides(read_source(source)[0], seed=seed), model)
        all_passed = check_models(experiment, load_mnist(), wrong_batch_norm, output, progress)
    except InputError as error:
        fail(str(error), 2)
    except DataError as error:
        fail(str(error), 1)
    except KeyboardInterrupt:
        fail("ended by Ctrl+C", INTERRUPTED)
    if not all_passed:
        raise typer.Exit(1)


@app.command()
def doctor() -> None:
    """Examine this machine: versions, BLAS, display, system libraries, data."""
    from bnstudio.cli.doctor import Verdict, examine, report

    findings = examine(os.environ)
    typer.echo(report(findings))
    if any(finding.verdict is Verdict.MISSING for finding in findings):
        raise typer.Exit(1)
