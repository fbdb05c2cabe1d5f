import pytest

from bnstudio.cli.sources import InputError, read_run_source, read_source, with_overrides
from bnstudio.document.presets import load_preset
from bnstudio.document.storage import write_experiment
from bnstudio.training.run_file import write_run
from bnstudio.training.trainer import Trainer


def test_a_presets_name_gives_the_preset():
    assert read_source("S6_BN") == (load_preset("S6_BN"), None)


def test_a_presets_name_wins_over_a_files_and_a_path_is_the_file(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    write_experiment(load_preset("R6"), tmp_path / "S6")
    assert read_source("S6")[0] == load_preset("S6")
    assert read_source("./S6")[0] == load_preset("R6")


def test_a_file_is_handed_on_with_what_stood_in_it(tmp_path):
    path = tmp_path / "mine.bnstudio"
    write_experiment(load_preset("R6"), path)
    assert read_source(str(path)) == (load_preset("R6"), (path, path.read_bytes()))


@pytest.mark.parametrize(("typed", "meant"), [("S6_BM", "S6_BN"), ("s6_bn_lr", "S6_BN_lr"), ("r6", "R6")])
def test_a_misspelt_preset_is_told_the_nearest(typed, meant):
    with pytest.raises(InputError, match=rf"neither a preset nor a file; did you mean {meant}\?"):
        read_source(typed)


def test_a_word_like_no_preset_is_told_them_all():
    with pytest.raises(InputError, match="the presets are S3, S4"):
        read_source("qqqqqq")


def test_nothing_is_no_folder():
    with pytest.raises(InputError, match="found nothing"):
        read_source("")


@pytest.mark.parametrize("path", ["./S9", "mine.bnstudio", "no/such/file"])
def test_what_looks_like_a_path_is_told_that_there_is_no_file(path, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InputError, match="there is no such file"):
        read_source(path)


def test_a_file_that_is_no_experiment_gives_storages_message(tmp_path):
    (tmp_path / "bad.bnstudio").write_text("{")
    with pytest.raises(InputError, match=r"bad\.bnstudio: is not JSON"):
        read_source(str(tmp_path / "bad.bnstudio"))


@pytest.fixture
def run_path(tmp_path, small_experiment, small_dataset):
    trainer = Trainer(small_experiment, small_dataset)
    trainer.advance()
    write_run(trainer.state(), tmp_path / "mine.bnrun")
    return tmp_path / "mine.bnrun"


def test_a_runs_file_gives_its_experiment_and_its_path(run_path, small_experiment):
    assert read_run_source(str(run_path)) == (small_experiment, run_path)
    assert read_run_source("S6") is None


def test_where_only_an_experiment_will_do_a_run_is_told_to_be_for_the_window(run_path):
    with pytest.raises(InputError, match="holds a run; only the window goes on with it"):
        read_source(str(run_path))


def test_a_runs_file_that_holds_none_gives_its_message(tmp_path):
    (tmp_path / "bad.bnrun").write_text("{")
    with pytest.raises(InputError, match=r"bad\.bnrun: cannot be opened: it is no bnstudio run"):
        read_run_source(str(tmp_path / "bad.bnrun"))


def test_options_that_are_given_replace_the_experiments_own():
    experiment = load_preset("S3")
    assert with_overrides(experiment, epochs=None, seed=None) == experiment
    assert with_overrides(experiment, epochs=7, seed=None) == experiment.replaced(epochs=7)


@pytest.mark.parametrize("options", [{"epochs": 0}, {"seed": -1}, {"epochs": 10_001}, {"seed": 2**32}])
def test_an_option_out_of_bounds_is_named(options):
    with pytest.raises(InputError, match=f"option --{next(iter(options))}: .*right would be"):
        with_overrides(load_preset("S3"), **options)
