import subprocess
import sys
import xml.etree.ElementTree as ET
from pathlib import Path

import numpy as np
import pytest

import bnstudio
from bnstudio.study.figures import MatplotlibMissingError, draw_figures, require_matplotlib, running_mean
from bnstudio.study.histograms import draw_forward
from bnstudio.study.job import train
from tests.study.small_study import small_dataset, small_plan

ROOT = Path(bnstudio.__file__).parent.parent
DRAWN = ("S3", "S4", "S6_BN_lr", "S6_BN", "R6", "R6_lr", "R6_BN")


def results(epochs: int) -> dict:
    plan, dataset = small_plan(epochs), small_dataset()
    return {name: train(plan.training(name, 0), dataset) for name in DRAWN}


@pytest.fixture(scope="module")
def measured():
    """Results that got to step 600."""
    return results(epochs=4)


@pytest.fixture(scope="module")
def drawings(measured):
    return draw_figures(measured)


def texts(svg: bytes) -> str:
    """Return what matplotlib notes beside each text that it draws as a path."""
    return svg.decode()


def test_there_are_six_figures_each_as_a_picture_and_as_lines(drawings):
    assert [drawing.name[0] for drawing in drawings] == list("abcdef")
    for drawing in drawings:
        assert drawing.png.startswith(b"\x89PNG")
        assert ET.fromstring(drawing.svg).tag == "{http://www.w3.org/2000/svg}svg"
        assert drawing.title
        assert drawing.caption


def test_the_legends_name_the_curves_that_the_article_shows(drawings):
    a, b = (texts(drawing.svg) for drawing in drawings[:2])
    for name in ("S3", "S4", "S6_BN_lr", "S6_BN"):
        assert f"<!-- {name} -->" in a
    for name in DRAWN:
        assert f"<!-- {name} -->" in b
    assert "<!-- R6 -->" not in a


def test_a_smoothed_curve_is_called_one(drawings):
    assert "mean of 100 steps" in drawings[0].caption
    assert "every step" in drawings[0].caption


def test_each_layer_has_its_signal_and_spread_or_its_gradient(measured, drawings):
    by_letter = {drawing.name[0]: texts(drawing.svg) for drawing in drawings}
    for letter, name, kinds in (
        ("c", "S4", ("dense", "sigmoid")),
        ("d", "S6_BN_lr", ("dense", "batch_norm", "sigmoid")),
    ):
        for layer in measured[name].moments[600]:
            if layer.kind in kinds:
                assert f"<!-- signal {layer.signal:#.2g} -->" in by_letter[letter]
                assert f"<!-- spread {layer.pooled_std:#.2g}" in by_letter[letter]
    for letter, name in (("e", "S4"), ("f", "S6_BN_lr")):
        for layer in measured[name].moments[600]:
            if layer.kind != "head":
                assert f"<!-- RMS {layer.gradient_rms:.1e} -->" in by_letter[letter]


def test_the_same_results_give_the_same_bytes(measured, drawings):
    again = draw_figures(measured)
    assert again == drawings


def test_layers_stand_in_columns_and_kinds_in_rows(measured):
    figure = draw_forward(measured["S6_BN_lr"], ("dense", "batch_norm", "sigmoid"))
    rows = [[axes for axes in figure.axes if axes.get_subplotspec().rowspan.start == row] for row in range(3)]
    assert [len(row) for row in rows] == [4, 4, 4]
    assert [row[0].get_ylabel() for row in rows] == ["Dense", "BatchNorm", "Sigmoid"]
    for row in rows:
        assert len({axes.get_xlim() for axes in row}) == 1


def test_what_was_not_measured_is_said_and_not_drawn():
    drawings = draw_figures(results(epochs=1))
    assert "Not measured: 600 steps were not reached, it trained 150 steps." in texts(drawings[2].svg)


def test_the_running_mean_is_the_mean_of_each_stretch():
    values = np.array([3.0, 1.0, 2.0, 6.0])
    np.testing.assert_allclose(running_mean(values, 2), [2.0, 1.5, 4.0])
    assert len(running_mean(values, 5)) == 0
    assert len(running_mean(values[:0], 100)) == 0


def test_without_matplotlib_the_message_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    monkeypatch.setitem(sys.modules, "matplotlib.backends.backend_agg", None)
    with pytest.raises(MatplotlibMissingError, match=r"pip install 'bnstudio\[report\]'"):
        require_matplotlib()


def test_the_study_imports_neither_qt_nor_pyplot_and_matplotlib_only_to_draw():
    script = (
        "import sys\n"
        "import bnstudio.cli.reproduce\n"
        "print('matplotlib' in sys.modules)\n"
        "from bnstudio.study.figures import require_matplotlib\n"
        "require_matplotlib()\n"
        "tops = {name.partition('.')[0] for name in sys.modules}\n"
        "print(sorted(tops & {'PySide6', 'shiboken6'}), 'matplotlib.pyplot' in sys.modules)\n"
    )
    result = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert result.returncode == 0, result.stderr
    assert result.stdout == "False\n[] False\n"
