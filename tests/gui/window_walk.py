"""Walks through all that a window shows, as a person with much patience would, and keeps what it says."""

import re
import threading
from dataclasses import dataclass, field

from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication

from bnstudio.gui.instruments.small_label import SmallLabel
from bnstudio.gui.instruments.small_plot import SmallPlot
from bnstudio.gui.instruments.weights_view import WeightsView
from bnstudio.gui.network.units_dialog import UnitsDialog
from bnstudio.gui.slow_motion.stages import Stage
from bnstudio.gui.try_it.try_it_panel import CONFUSION, DRAW, MISTAKES, TEST_IMAGE
from bnstudio.training.snapshot import State

ACCURACY, GRADIENT_FLOW, LAYER, TRY_IT = range(4)
NO_NUMBER = re.compile(r"\b(NaN|nan|inf)\b|\{")
"""What would be in a text if a number had not been computed, or not been filled in."""


@dataclass
class Walk:
    """What a window said."""

    gradients: str = ""
    updates: str = ""
    layers: dict[int, list[str]] = field(default_factory=dict)
    """By row, the texts of its pages, in order."""
    units: dict[int, str] = field(default_factory=dict)
    """By row, which units are in the condition that tells most; '' where there is no telling."""
    tries: list[str] = field(default_factory=list)
    """Of a drawing, a test image, mistakes, confusion."""

    def check(self):
        """Nothing is left unsaid, and no number is one that was not computed."""
        said = [self.gradients, self.updates, *(text for texts in self.layers.values() for text in texts)]
        for text in (*said, *self.tries):
            assert text
        for text in (*said, *self.tries, *self.units.values()):
            assert not NO_NUMBER.search(text), text


class Walker:
    """Drives `window` of `document` and waits, after each step, until all that is asked is answered."""

    def __init__(self, qtbot, window, document):
        self._qtbot, self.window, self._document = qtbot, window, document
        self.settle()

    # Time

    def settle(self):
        """Wait until the commands are carried out and what they want is measured; then show it."""
        worker = self.window._session._session._worker
        for _ in range(2):  # what is shown may ask for more
            self._carry_out_commands()
            self._carry_out_commands()  # what the first ones want has been looked at between the two
            self._qtbot.waitUntil(lambda: not (worker._measuring.busy or worker._trainer.evaluating))
            self._carry_out_commands()
            self.window.feed._on_timeout()
        assert self.latest.state is not State.FAILED, self.latest.error

    def _carry_out_commands(self):
        carried_out = threading.Event()
        self.window._session._session._worker.commands.put(carried_out.set)
        assert carried_out.wait(20)

    @property
    def latest(self):
        return self.window.snapshots[-1]

    def step(self):
        self.window.control_bar.step_action.trigger()
        self.settle()

    def train(self):
        """Train until that ends by itself."""
        self.window.control_bar.train_action.trigger()
        self._qtbot.waitUntil(lambda: self.latest.state in (State.FINISHED, State.STOPPED))
        self.settle()

    def look_back(self, step):
        """Look at `step`, or, with None, at the latest."""
        slider = self.window.timeline_bar.slider
        slider.setValue(slider.maximum() if step is None else step)
        self.settle()
        assert self.latest.at_step == step

    def go_through_stages(self):
        """Go through one step by stages, and return what is said at each."""
        slow_motion, said = self.window.slow_motion, []
        for _ in Stage:
            slow_motion.stage_action.trigger()
            self.settle()
            if slow_motion.lighting:
                said.append(slow_motion.text)
                slow_motion.stage_action.trigger()
            said.append(slow_motion.text)
        for text in said:
            assert text
            assert not NO_NUMBER.search(text)
        return said

    # Places

    def walk(self):
        """Go to every tab, a row of each kind, and every page of these; return what was said."""
        walk = Walk()
        walk.gradients, walk.updates = self.read_gradient_flow()
        for row in self._telling_rows():
            walk.layers[row] = self.read_layer(row)
            walk.units[row] = self.read_units(row)
        walk.tries = self.try_all()
        self.window.instruments.bar.setCurrentIndex(ACCURACY)
        walk.check()
        return walk

    def _telling_rows(self):
        layers = self._document.model.layers
        kinds = {layer.type: row for row, layer in reversed(list(enumerate(layers)))}
        return sorted({*kinds.values(), max(0, len(layers) - 1), len(layers)})

    @property
    def _column(self):
        document = self._document
        return self.window.network_panel._columns[document.pair.index(document.selected)]

    def read_gradient_flow(self):
        """Return what is said of both quantities; both are painted."""
        panel = self.window.instruments.gradient_flow_panel
        self.window.instruments.bar.setCurrentIndex(GRADIENT_FLOW)
        said = []
        for quantity in (0, 1):
            panel.quantity_switch.choose(quantity)
            self.settle()
            panel.redraw()
            for column in range(panel.plot.picture.n_columns):
                panel.plot._read(column)
            panel.plot._read(None)
            self._picture("gradient-flow")
            said.append(panel.plot.picture.message or panel.plot.accessibleDescription())
        return said

    def read_layer(self, row):
        """Return what each page of a row says."""
        self.window.instruments.bar.setCurrentIndex(LAYER)
        self._column.view.select_rows(row, row)
        instrument = self.window.instruments.layer_panel.instrument
        switch = getattr(instrument, "switch", None)
        n_pages = len(switch._buttons.buttons()) if switch is not None and switch.isVisible() else 1
        said = []
        for page in range(n_pages):
            if n_pages > 1:
                switch.choose(page)
            self.settle()
            self._picture("layer")
            said.append(self._page_text(instrument))
        return said

    def _page_text(self, instrument):
        texts = [label.text() for label in instrument.findChildren(SmallLabel) if label.isVisible()]
        for plot in instrument.findChildren(SmallPlot):
            if plot.isVisible():
                low, high = plot.x_range
                places = [] if plot.message else [low, (low + high) / 2, high]
                read = [plot.text_at(place) for place in places]
                assert all(read)
                assert not any(NO_NUMBER.search(text) for text in read)
                texts.append(plot.message)
        if isinstance(instrument, WeightsView) and instrument.shows_images:
            grid = instrument.pages.grid
            texts.append(grid.message or grid.text_of(0))
            assert grid.message or grid.images is not None
        label = getattr(instrument, "message_label", None)
        if label is not None and label.isVisible():
            texts.append(label.text())
        return "\n".join(filter(None, texts))

    def read_units(self, row):
        """Press Ctrl+U on a row; return what the dialog says, or '' where there is none."""
        column = self._column
        column.view.select_rows(row, row)
        show_units = self.window.network_panel._actions.show_units
        assert show_units.isEnabled() == (column.model.health is not None)
        show_units.trigger()
        dialogs = [dialog for dialog in self.window.findChildren(UnitsDialog) if dialog.isVisible()]
        for dialog in dialogs:
            text = dialog._sentence.text()
            dialog.grid.read(dialog.grid._n_units - 1)
            dialog.grab()
            dialog.close()
        return text if dialogs else ""

    def try_all(self):
        """Return what is said of a drawing, of a test image, of the mistakes and of the confusion."""
        panel = self.window.instruments.try_it_panel
        self.window.instruments.bar.setCurrentIndex(TRY_IT)
        panel.switch.choose(DRAW)
        page = panel.example_page
        if page.surface.drawing.blank:
            with self._qtbot.waitSignal(page.image_changed):
                self._qtbot.mouseClick(page.surface, Qt.MouseButton.LeftButton)
        said = []
        for view in (DRAW, TEST_IMAGE, MISTAKES, CONFUSION):
            panel.switch.choose(view)
            self.settle()
            self._picture("try-it")
            text = _answer if view in (DRAW, TEST_IMAGE) else _summary
            self._qtbot.waitUntil(lambda text=text: bool(text(panel)))  # it may come later while it trains
            said.append(text(panel))
        return said

    def _picture(self, key):
        """Copy the picture of a panel, which paints it anew."""
        clipboard = QGuiApplication.clipboard()
        clipboard.clear()
        self.window.exports.panel_actions(key)[0].trigger()
        assert not clipboard.image().isNull()


def _answer(panel):
    return panel.example_page.answer.text


def _summary(panel):
    return panel.confusion_page.summary.text()
