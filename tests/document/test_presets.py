"""The presets are exactly the models of the study."""

import pytest

from bnstudio.document.experiment import LayerSpec, LeCunInit, ModelSetup
from bnstudio.document.presets import DESCRIPTIONS, UnknownPresetError, load_preset, preset_names
from bnstudio.document.storage import read_experiment, to_json
from bnstudio.resources import resource_path

# name, hidden blocks, activation, batch normalization, learning rate
TABLE = [
    ("S3", 1, "sigmoid", False, 0.01),
    ("S4", 2, "sigmoid", False, 0.01),
    ("R6", 4, "relu", False, 0.01),
    ("R6_lr", 4, "relu", False, 0.1),
    ("S6_BN_lr", 4, "sigmoid", True, 0.01),
    ("S6_BN", 4, "sigmoid", True, 0.5),
    ("R6_BN", 4, "relu", True, 0.1),
    ("S6", 4, "sigmoid", False, 0.01),
]
NAMES = [row[0] for row in TABLE]


def row_of(model: ModelSetup) -> tuple[str, int, str, bool, float]:
    """Read a model back into its row of the table; fails when it isn't made of equal blocks."""
    n_blocks = [spec.type for spec in model.layers].count("dense")
    n_rows = len(model.layers) // n_blocks
    blocks: list[tuple[LayerSpec, ...]] = [
        model.layers[i : i + n_rows] for i in range(0, len(model.layers), n_rows)
    ]
    assert blocks == [blocks[0]] * n_blocks
    dense, *batch_norm, activation = blocks[0]
    assert dense.type == "dense"
    assert dense.units == 300
    assert [spec.type for spec in batch_norm] in ([], ["batch_norm"])
    return model.name, n_blocks, activation.type, bool(batch_norm), model.learning_rate


def test_the_article_holds_all_eight_models_in_the_order_of_the_table() -> None:
    assert [row_of(model) for model in load_preset("article").models] == TABLE


@pytest.mark.parametrize("row", TABLE, ids=NAMES)
def test_each_preset_is_its_row_of_the_table(row: tuple[str, int, str, bool, float]) -> None:
    (model,) = load_preset(row[0]).models
    assert row_of(model) == row


@pytest.mark.parametrize("name", preset_names())
def test_what_is_common_is_the_same_in_all_presets(name: str) -> None:
    experiment = load_preset(name)
    assert (experiment.batch_size, experiment.epochs, experiment.seed) == (100, 5, 0)
    assert all(model.weight_init == LeCunInit() for model in experiment.models)


def test_every_preset_is_named_described_and_no_file_is_left_over() -> None:
    files = {file.stem for file in resource_path("presets").iterdir()}
    assert files == set(preset_names()) == {*NAMES, "article"}
    assert len(set(DESCRIPTIONS.values())) == len(DESCRIPTIONS)


@pytest.mark.parametrize("name", preset_names())
def test_a_preset_is_written_as_the_program_writes_it(name: str) -> None:
    path = resource_path(f"presets/{name}.bnstudio")
    assert path.read_bytes() == to_json(read_experiment(path)).encode()


@pytest.mark.parametrize("name", ["", "s3", "../presets/S3", "S3.bnstudio"])
def test_an_unknown_preset_is_answered_with_those_that_there_are(name: str) -> None:
    with pytest.raises(UnknownPresetError, match="there are S3, S4, S6, S6_BN_lr, S6_BN, R6"):
        load_preset(name)
