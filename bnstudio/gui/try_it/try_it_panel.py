"""The Try it panel: one digit, drawn or of the test images, and all test images, through the selected model.

It asks for what its page in sight shows, in inference mode, and tells which example's values are to be marked
on the stack.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QCoreApplication, Signal
from PySide6.QtWidgets import QStackedWidget, QWidget

from bnstudio.gui.controls.segmented_switch import SegmentedSwitch
from bnstudio.gui.instruments.instrument_panel import InstrumentPanel
from bnstudio.gui.number_format import format_count
from bnstudio.gui.try_it.confusion_page import ConfusionPage
from bnstudio.gui.try_it.example_page import ExamplePage
from bnstudio.training.snapshot import State
from bnstudio.training.try_it import ConfusionInspection, ExampleInspection, NoConfusion

if TYPE_CHECKING:
    from PySide6.QtGui import QHideEvent

    from bnstudio.gui.experiment_document import ExperimentDocument
    from bnstudio.training.inspection import Inspection
    from bnstudio.training.snapshot import RunSnapshot, Snapshot

DRAW, TEST_IMAGE, MISTAKES, CONFUSION = range(4)
"""What the switch chooses from."""

_translate = QCoreApplication.translate


def explanation() -> str:
    """Return what is measured, and how to read it."""
    return _translate(
        "TryItPanel",
        "What the selected model says of a digit, in inference mode: BatchNorm uses its running statistics."
        " The probabilities are the softmax of the head's outputs.\n"
        "What goes in is exactly the 28 × 28 pixels that are shown, as values from 0 to 1. The digits of"
        " MNIST were scaled to 20 × 20 pixels and centred by their centre of mass; Centre does that to a"
        " drawing, to be seen, and nothing else is done to it.\n"
        "Ticks on the forward histograms of the stack: what each layer puts out for this one image.\n"
        "Mistakes: the test images that it gets wrong, the surest first.\n"
        "Confusion: rows are the true digits, columns what it says; a click or Enter shows a cell's images."
        " While it trains, all test images are gone through at most every other second.",
    )


class TryItPanel(InstrumentPanel):
    """Shows what the selected model makes of digits.

    Parameters
    ----------
    document : ExperimentDocument
    """

    example_changed = Signal(str, object)
    """The name of a model, and the forward values of the example that is shown, an array for each row of its
    stack; None where there is none any more."""
    message_raised = Signal(str)
    """Something was typed that will not do."""

    def __init__(self, document: ExperimentDocument, parent: QWidget | None = None) -> None:
        super().__init__(document, _translate("TryItPanel", "Try it"), parent)
        self._looking_back = False
        self._failed = False
        self._answered: tuple[int, Inspection[Any], int] | None = None
        """What is shown: of which run, to which question, at which step."""
        self._marks = False
        self.switch = SegmentedSwitch(
            self.tr("What to try"),
            (self.tr("Draw"), self.tr("Test image"), self.tr("Mistakes"), self.tr("Confusion")),
            (
                self.tr("Draw a digit"),
                self.tr("Choose one of the test images"),
                self.tr("The test images that the model gets wrong, the surest first"),
                self.tr("Which digits it takes for which"),
            ),
        )
        self.header.insertWidget(1, self.switch)
        self.help_button.explain(self.tr("What Try it shows"), explanation())
        self.example_page = ExamplePage()
        self.confusion_page = ConfusionPage()
        self._pages = QStackedWidget()
        self._pages.addWidget(self.example_page)
        self._pages.addWidget(self.confusion_page)
        self.body.addWidget(self._pages, 1)
        self.switch.chosen.connect(self._on_chosen)
        self.example_page.image_changed.connect(self._on_question_changed)
        self.example_page.message_raised.connect(self.message_raised)
        self.confusion_page.image_opened.connect(self.try_test_image)
        self.confusion_page.cell_opened.connect(self._on_cell_opened)

    def try_test_image(self, number: int) -> None:
        """Show a test image, counted from 0."""
        self.example_page.turn_to_test_image(number)
        self.switch.choose(TEST_IMAGE)

    def inspections(self) -> frozenset[Inspection[Any]]:
        """Override: what the page in sight asks of the selected model."""
        question = self._question()
        return frozenset() if question is None else frozenset({question})

    def refresh(self, snapshot: Snapshot) -> None:
        """Override: note why there may be no answer."""
        self._looking_back = snapshot.at_step is not None
        self._failed = snapshot.state is State.FAILED
        super().refresh(snapshot)

    def show_runs(self) -> None:
        """Override: show the answer to what is asked, where it is a new one."""
        question = self._question()
        run = self.runs.get(self._document.model.name)
        message = self._why_not(question, run)
        if message or run is None or question is None:
            self._show_message(message)
            return
        answer = question.found_in(run)
        if answer is None:
            if self._answered is None or self._answered[0] != run.run_id or not self._in_example:
                self._show_message("" if self._in_example else self.tr("Going through all test images…"))
            return  # the answer to a question about the image before stands for a moment
        if isinstance(answer, NoConfusion):
            text = self.tr("No answer: after step {step}, values of the network are not finite.")
            self._show_message(text.format(step=format_count(answer.step)))
            return
        key = (run.run_id, question, answer.step)
        if key == self._answered:
            return
        self._answered = key
        caption = self.tr("{model} · step {step}").format(model=run.name, step=format_count(answer.step))
        if self._in_example:
            self.example_page.show_answer(answer, caption)
            self._mark(answer.values)
        else:
            self.confusion_page.show_confusion(answer, caption)

    @property
    def _in_example(self) -> bool:
        return self._pages.currentWidget() is self.example_page

    def _question(self) -> Inspection[Any] | None:
        name = self._document.model.name
        if not self._in_example:
            return ConfusionInspection(name, self.confusion_page.cell)
        image = self.example_page.image
        return None if image is None else ExampleInspection(name, image)

    def _why_not(self, question: Inspection[Any] | None, run: RunSnapshot | None) -> str:
        if question is None:
            return self.tr("Draw a digit: the network says what it takes it for.")
        if self._failed:
            return self.tr("No answer: training met an error and ended. Train starts again from step 0.")
        if self._looking_back:
            return self.tr("Live only: the weights of earlier steps are not kept. Go to the latest step.")
        return "" if run is not None else self.tr("Not there yet.")

    def _show_message(self, message: str) -> None:
        self._answered = None
        if self._in_example:
            self.example_page.show_message(message)
        else:
            self.confusion_page.show_message(message)
        self._mark(None)

    def _mark(self, values: object) -> None:
        """Tell whose values are to be marked on the stack."""
        if values is not None or self._marks:
            self._marks = values is not None
            self.example_changed.emit(self._document.model.name, values)

    def _on_chosen(self, view: int) -> None:
        if view in (DRAW, TEST_IMAGE):
            self._pages.setCurrentWidget(self.example_page)
            if view == DRAW:
                self.example_page.turn_to_drawing()
            else:
                self.example_page.turn_to_test_image()
        else:
            self._pages.setCurrentWidget(self.confusion_page)
            if view == MISTAKES:
                self.confusion_page.turn_to_list()
            else:
                self.confusion_page.turn_to_table()
            self._mark(None)
        self._answered = None
        self._on_question_changed()

    def _on_cell_opened(self) -> None:
        if self.switch.index == MISTAKES:
            self._on_question_changed()
        else:
            self.switch.choose(MISTAKES)

    def _on_question_changed(self) -> None:
        self.show_runs()
        self.follow_wanted()

    def hideEvent(self, event: QHideEvent) -> None:
        """Override: the example is no longer shown, so nothing is marked."""
        super().hideEvent(event)
        if not event.spontaneous():
            self._answered = None
            self._mark(None)
