import csv
import os
from pathlib import Path
from threading import Event

import pytest
from rich.console import Console

from bnstudio.cli.headless import train_without_window
from bnstudio.cli.results import ResultsError, prepare_folder, write_results
from bnstudio.document.storage import read_experiment
from bnstudio.training.history import History
from bnstudio.training.metrics import METRICS_HEADER, metrics_lines
from bnstudio.training.snapshot import Evaluation


@pytest.fixture
def trainer(small_experiment, small_dataset):
    return train_without_window(small_experiment, small_dataset, Console(quiet=True), Event())


def files_in(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}


def test_metrics_have_a_line_for_each_step_counted_from_1(trainer):
    rows = list(csv.DictReader(metrics_lines(trainer.runs[0].history, trainer.steps_per_epoch)))
    assert [int(row["step"]) for row in rows] == list(range(1, 301))
    assert [int(row["epoch"]) for row in rows] == [1] * 150 + [2] * 150


def test_metrics_read_back_as_the_very_same_floats(trainer):
    history = trainer.runs[1].history
    rows = list(csv.DictReader(metrics_lines(history, trainer.steps_per_epoch)))
    assert [float(row["train_loss"]) for row in rows] == history.losses.tolist()
    assert [float(row["train_accuracy"]) for row in rows] == history.accuracies.tolist()
    found = [
        (int(row["step"]), examples, float(row[f"{examples}_loss"]), float(row[f"{examples}_accuracy"]))
        for row in rows
        for examples in ("test", "subset")
        if row[f"{examples}_loss"]
    ]
    expected = [(item.step, item.examples, item.loss, item.accuracy) for item in history.evaluations]
    assert sorted(found) == sorted(expected)


def test_what_was_not_measured_is_empty():
    history = History()
    for _ in range(3):
        history.record(0.5, 0.25)
    history.evaluations.append(Evaluation(2, "subset", 1.5, 0.125))
    history.evaluations.append(Evaluation(3, "test", 0.1, 0.75))
    assert list(metrics_lines(history, steps_per_epoch=2)) == [
        METRICS_HEADER,
        "1,1,0.5,0.25,,,,",
        "2,1,0.5,0.25,,,1.5,0.125",
        "3,2,0.5,0.25,0.1,0.75,,",
    ]


def test_a_folder_of_results_holds_metrics_and_the_experiment_and_nothing_else(trainer, tmp_path):
    write_results(tmp_path, trainer.experiment, trainer.runs, trainer.steps_per_epoch, force=True)
    assert files_in(tmp_path) == {"experiment.bnstudio", "plain/metrics.csv", "normed/metrics.csv"}
    assert read_experiment(tmp_path / "experiment.bnstudio") == trainer.experiment
    lines = (tmp_path / "plain" / "metrics.csv").read_bytes().decode("ascii").split("\n")
    assert lines == [*metrics_lines(trainer.runs[0].history, trainer.steps_per_epoch), ""]


def test_preparing_makes_the_folder_and_leaves_nothing_in_it(small_experiment, tmp_path):
    prepare_folder(tmp_path / "a" / "b", small_experiment, force=False)
    assert (tmp_path / "a" / "b").is_dir()
    assert files_in(tmp_path) == set()


@pytest.mark.parametrize("old", ["experiment.bnstudio", "another/metrics.csv"])
def test_a_folder_with_results_is_refused_unless_forced(small_experiment, tmp_path, old):
    (tmp_path / old).parent.mkdir(exist_ok=True)
    (tmp_path / old).write_text("old")
    with pytest.raises(ResultsError, match=r"already holds results .*--force"):
        prepare_folder(tmp_path, small_experiment, force=False)
    prepare_folder(tmp_path, small_experiment, force=True)
    assert (tmp_path / old).read_text() == "old"


def test_a_folder_that_is_a_file_is_refused(small_experiment, tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(ResultsError, match=r"cannot write to .*file.*: .*file is no folder"):
        prepare_folder(tmp_path / "file", small_experiment, force=True)


@pytest.mark.parametrize(
    "put_in_the_way", [Path.touch, lambda path: path.symlink_to("nowhere")], ids=["a file", "a dangling link"]
)
def test_what_is_in_the_place_of_a_models_folder_is_refused_before_training(
    small_experiment, tmp_path, put_in_the_way
):
    put_in_the_way(tmp_path / "normed")
    with pytest.raises(ResultsError, match="normed is in the way"):
        prepare_folder(tmp_path, small_experiment, force=True)


@pytest.mark.parametrize("name", ["experiment.bnstudio", "normed/metrics.csv"])
def test_a_folder_in_the_place_of_a_file_is_refused_before_training(small_experiment, tmp_path, name):
    (tmp_path / name).mkdir(parents=True)
    with pytest.raises(ResultsError, match=rf"{name}: it is a folder; right would be a file"):
        prepare_folder(tmp_path, small_experiment, force=True)


def test_a_model_with_the_name_of_the_experiments_file_is_refused_before_training(small_experiment, tmp_path):
    model = small_experiment.models[0].replaced(name="Experiment.bnstudio")
    with pytest.raises(ResultsError, match=r"model Experiment\.bnstudio needs a folder .* rename the model"):
        prepare_folder(tmp_path / "out", small_experiment.replaced(models=(model,)), force=True)
    assert not (tmp_path / "out").exists()


def test_a_folder_that_was_removed_meanwhile_is_made_again(trainer, tmp_path):
    out = tmp_path / "a" / "b"
    write_results(out, trainer.experiment, trainer.runs, trainer.steps_per_epoch, force=False)
    assert files_in(out) == {"experiment.bnstudio", "plain/metrics.csv", "normed/metrics.csv"}


def test_results_that_came_meanwhile_are_left_alone_and_the_new_ones_kept_beside_them(trainer, tmp_path):
    (tmp_path / "plain").mkdir()
    (tmp_path / "plain" / "metrics.csv").write_text("of another training")
    with pytest.raises(ResultsError, match=r"has come to hold other results meanwhile") as caught:
        write_results(tmp_path, trainer.experiment, trainer.runs, trainer.steps_per_epoch, force=False)
    assert (tmp_path / "plain" / "metrics.csv").read_text() == "of another training"
    (inside,) = tmp_path.glob("results-*")
    assert str(caught.value).endswith(f"the new ones are in {inside}")
    assert files_in(inside) == {"experiment.bnstudio", "plain/metrics.csv", "normed/metrics.csv"}
    assert len(files_in(tmp_path)) == 4


def test_replacing_removes_the_metrics_of_models_that_are_no_more_and_no_other_file(trainer, tmp_path):
    write_results(tmp_path, trainer.experiment, trainer.runs, trainer.steps_per_epoch, force=True)
    (tmp_path / "normed" / "notes.txt").touch()
    one = trainer.experiment.replaced(models=trainer.experiment.models[:1])
    write_results(tmp_path, one, trainer.runs[:1], trainer.steps_per_epoch, force=True)
    assert files_in(tmp_path) == {"experiment.bnstudio", "plain/metrics.csv", "normed/notes.txt"}


def test_a_model_renamed_in_case_alone_keeps_its_new_metrics(trainer, tmp_path):
    model = trainer.experiment.models[0]
    before = trainer.experiment.replaced(models=(model.replaced(name="PLAIN"),))
    after = trainer.experiment.replaced(models=(model,))
    write_results(tmp_path, before, [], trainer.steps_per_epoch, force=True)
    (tmp_path / "PLAIN").mkdir()
    (tmp_path / "PLAIN" / "metrics.csv").touch()  # On some disks this is the file that the new run writes.
    write_results(tmp_path, after, trainer.runs[:1], trainer.steps_per_epoch, force=True)
    assert (tmp_path / "PLAIN" / "metrics.csv").exists()


def test_when_one_model_cannot_be_written_the_old_results_of_all_stay(trainer, tmp_path):
    write_results(tmp_path, trainer.experiment, trainer.runs, trainer.steps_per_epoch, force=True)
    (tmp_path / "plain" / "metrics.csv").write_text("old")
    (tmp_path / "normed" / "metrics.csv").unlink()
    (tmp_path / "normed").rmdir()
    (tmp_path / "normed").touch()
    with pytest.raises(ResultsError, match="cannot write the results"):
        write_results(tmp_path, trainer.experiment, trainer.runs, trainer.steps_per_epoch, force=True)
    assert (tmp_path / "plain" / "metrics.csv").read_text() == "old"
    assert files_in(tmp_path) == {"experiment.bnstudio", "plain/metrics.csv", "normed"}


def test_a_name_that_the_systems_file_names_cannot_hold_is_refused_before_training(
    small_experiment, tmp_path, monkeypatch
):
    model = small_experiment.models[0].replaced(name="net \N{OWL}")
    monkeypatch.setattr(os, "fsencode", lambda name: name.encode("latin-1"))
    with pytest.raises(ResultsError, match=r"the model 'net \\U0001f989' needs a folder .* rename the model"):
        prepare_folder(tmp_path / "out", small_experiment.replaced(models=(model,)), force=False)
    assert not (tmp_path / "out").exists()
