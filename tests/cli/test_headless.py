import io
import signal
from threading import Event

import pytest
from rich.console import Console

from bnstudio.cli.headless import train_without_window
from bnstudio.cli.interruption import Interruption, interruption_noted
from bnstudio.cli.summary import divergence_message, summary_table
from bnstudio.cli.tables import print_whole
from bnstudio.training.metrics import epoch_losses


def lines_console() -> Console:
    return Console(file=io.StringIO(), width=120, markup=False)


def text_of(console: Console) -> str:
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def test_every_model_trains_the_planned_epochs_and_is_evaluated(small_experiment, small_dataset):
    trainer = train_without_window(small_experiment, small_dataset, lines_console(), Event())
    assert trainer.finished
    for run in trainer.runs:
        assert run.step == 2 * 150
        assert [item.step for item in run.history.evaluations if item.examples == "test"] == [150, 300]


def test_without_a_terminal_each_epoch_is_a_plain_line(small_experiment, small_dataset):
    console = lines_console()
    train_without_window(small_experiment, small_dataset, console, Event())
    lines = text_of(console).splitlines()
    assert [line.split(", loss")[0] for line in lines] == [
        "epoch 1/2, step 150/300",
        "epoch 2/2, step 300/300",
    ]
    assert "\x1b" not in text_of(console)


def test_on_a_terminal_a_bar_reaches_the_last_step(small_experiment, small_dataset):
    console = Console(file=io.StringIO(), width=120, force_terminal=True, color_system=None)
    train_without_window(small_experiment, small_dataset, console, Event())
    assert "300/300 steps" in text_of(console)


def test_an_interruption_ends_training_between_two_steps(small_experiment, small_dataset):
    interrupted = Event()
    interrupted.set()
    trainer = train_without_window(small_experiment, small_dataset, lines_console(), interrupted)
    assert trainer.step == 0
    assert not trainer.finished


def test_the_first_ctrl_c_is_noted_and_the_second_interrupts():
    before = signal.getsignal(signal.SIGINT)
    with interruption_noted() as interrupted:
        signal.raise_signal(signal.SIGINT)
        assert interrupted.is_set()
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)
    assert signal.getsignal(signal.SIGINT) is before


@pytest.mark.skipif(not hasattr(signal, "SIGHUP"), reason="this system has no such signal")
def test_a_terminal_that_closes_may_send_several_signals_at_once(monkeypatch):
    before = signal.signal(signal.SIGHUP, signal.SIG_DFL)

    def set_and_be_sent_another(self):
        signal.raise_signal(signal.SIGHUP)
        Event.set(self)

    monkeypatch.setattr(Interruption, "set", set_and_be_sent_another)
    try:
        with interruption_noted() as interrupted:
            for _ in range(2):
                signal.raise_signal(signal.SIGHUP)
        assert interrupted.is_set()
        assert signal.getsignal(signal.SIGHUP) is signal.SIG_DFL
    finally:
        signal.signal(signal.SIGHUP, before)


@pytest.mark.skipif(not hasattr(signal, "SIGHUP"), reason="this system has no such signal")
def test_a_closed_terminal_is_noted_unless_it_shall_be_ignored():
    before = signal.signal(signal.SIGHUP, signal.SIG_DFL)
    try:
        with interruption_noted() as interrupted:
            signal.raise_signal(signal.SIGHUP)
            assert (interrupted.is_set(), interrupted.cause, interrupted.exit_code) == (True, "SIGHUP", 129)
        signal.signal(signal.SIGHUP, signal.SIG_IGN)  # as nohup does
        with interruption_noted() as interrupted:
            signal.raise_signal(signal.SIGHUP)
            assert not interrupted.is_set()
        assert signal.getsignal(signal.SIGHUP) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGHUP, before)


def test_however_narrow_the_terminal_no_name_is_lost(small_experiment, small_dataset):
    trainer = train_without_window(small_experiment, small_dataset, lines_console(), Event())
    wide, narrow = lines_console(), Console(file=io.StringIO(), width=20, markup=False)
    for console in (wide, narrow):
        print_whole(console, summary_table(trainer))
    lines = [[line.rstrip() for line in text_of(console).splitlines()] for console in (narrow, wide)]
    assert lines[0] == lines[1]
    assert [line.split()[0] for line in lines[0]] == ["model", *(run.model.name for run in trainer.runs)]


def test_the_summary_has_the_mean_loss_of_each_epoch_and_the_last_accuracy(small_experiment, small_dataset):
    trainer = train_without_window(small_experiment, small_dataset, lines_console(), Event())
    console = lines_console()
    console.print(summary_table(trainer))
    for run in trainer.runs:
        losses = run.history.losses
        accuracy = next(
            item for item in reversed(run.history.evaluations) if item.examples == "test"
        ).accuracy
        row = [run.model.name, f"{losses[:150].mean():.4g}", f"{losses[150:].mean():.4g}", f"{accuracy:.4f}"]
        assert row in [line.split() for line in text_of(console).splitlines()]


def test_of_many_epochs_the_summary_shows_some_with_the_first_and_the_last(small_experiment, small_dataset):
    experiment = small_experiment.replaced(epochs=20, batch_size=100)
    trainer = train_without_window(experiment, small_dataset, lines_console(), Event())
    header = [column.header for column in summary_table(trainer).columns]
    assert header[1] == "epoch 1"
    assert header[-2] == "epoch 20"
    assert len(header) == 8


def test_an_epoch_that_was_cut_short_has_the_mean_of_its_steps(small_experiment, small_dataset):
    trainer = train_without_window(small_experiment, small_dataset, lines_console(), Event())
    losses = trainer.runs[0].history.losses
    means = epoch_losses(trainer.runs[0].history, 200)
    assert means == pytest.approx([losses[:200].mean(), losses[200:].mean()])


def test_a_diverged_model_is_told_of_and_the_others_go_on(small_experiment, small_dataset):
    plain, normed = small_experiment.models
    wild = plain.replaced(name="wild", learning_rate=1e6)
    wild = wild.replaced(layers=tuple(layer for layer in wild.layers if layer.type == "dense") * 3)
    experiment = small_experiment.replaced(models=(wild, normed))
    trainer = train_without_window(experiment, small_dataset, lines_console(), Event())
    diverged, sound = trainer.runs
    assert sound.step == 300
    assert diverged.step < 300
    message = divergence_message(diverged)
    assert message.startswith(f"wild diverged: the loss of step {diverged.step + 1:,} is not finite")
    assert "smaller than 1e+06" in message
