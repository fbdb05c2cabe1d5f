import gc
import threading

import pytest
from PySide6.QtCore import QCoreApplication, QEvent, QSettings, QTimer
from PySide6.QtGui import QCursor
from PySide6.QtWidgets import QApplication

from bnstudio.document.experiment import (
    BatchNormSpec,
    DenseSpec,
    Experiment,
    LeCunInit,
    ModelSetup,
    SigmoidSpec,
)
from bnstudio.gui.experiment_document import ExperimentDocument


@pytest.fixture(autouse=True)
def own_settings(tmp_path):
    """Settings of this test alone."""
    folder = tmp_path / "settings"
    before = QSettings.defaultFormat()
    QSettings.setDefaultFormat(QSettings.Format.IniFormat)
    for scope in (QSettings.Scope.UserScope, QSettings.Scope.SystemScope):
        QSettings.setPath(QSettings.Format.IniFormat, scope, str(folder))
    QCoreApplication.setOrganizationName("bnstudio")
    QCoreApplication.setApplicationName("bnstudio")
    yield folder
    QSettings.setDefaultFormat(before)


@pytest.fixture(autouse=True)
def nothing_left_behind(qapp):
    """Fail a test that leaves a thread, a window with its timers, or the collector off; restore the looks."""
    widgets_before = set(QApplication.topLevelWidgets())
    threads_before = set(threading.enumerate())
    font, palette = qapp.font(), qapp.palette()
    QCursor.setPos(0, 0)  # where another test left it, it could not be moved to once more
    gc.freeze()  # at the end, only what this test has made is looked through: all would take longer than it
    yield
    _delete_what_is_due(qapp)
    left = [
        widget
        for widget in QApplication.topLevelWidgets()
        if widget not in widgets_before and widget.metaObject().className() != "QTipLabel"
    ]
    threads = [thread for thread in threading.enumerate() if thread not in threads_before]
    timers = [timer for widget in left for timer in widget.findChildren(QTimer) if timer.isActive()]
    for widget in left:
        widget.close()
        widget.deleteLater()
    _delete_what_is_due(qapp)
    qapp.setFont(font)
    qapp.setPalette(palette)
    assert gc.isenabled(), "the test left the garbage collector off"
    assert not threads, f"the test left threads running: {threads}"
    assert not left, f"the test left windows behind: {left}, with {len(timers)} running timers"


def _delete_what_is_due(qapp):
    # pytest-qt deletes its widgets later; what only garbage keeps alive has been left properly.
    qapp.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    gc.collect()
    qapp.sendPostedEvents(None, QEvent.Type.DeferredDelete)


@pytest.fixture
def experiment():
    """A small model that trains."""
    layers = (DenseSpec(units=8), BatchNormSpec(), SigmoidSpec())
    model = ModelSetup(name="small", learning_rate=0.5, weight_init=LeCunInit(), layers=layers)
    return Experiment(batch_size=20, epochs=2, models=(model,))


@pytest.fixture
def document(experiment):
    return ExperimentDocument(experiment)
