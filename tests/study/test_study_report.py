import dataclasses
from pathlib import Path

import pytest

from bnstudio.document.presets import load_preset
from bnstudio.study.claims import judge
from bnstudio.study.figures import Drawing
from bnstudio.study.plan import Plan
from bnstudio.study.report import compose_report
from tests.study.measured_numbers import SEEDS, measured_numbers, with_outcome, with_trials

PLAN = Plan(load_preset("article"), SEEDS)
DRAWINGS = tuple(Drawing(f"{letter}-figure", "Title", "Caption", b"png", b"<svg/>") for letter in "abcdef")


def report_of(numbers, plan=PLAN) -> dict[str, str]:
    files = compose_report(plan, numbers, judge(numbers), DRAWINGS)
    return {path.as_posix(): content.decode() for path, content in files.items()}


@pytest.fixture(scope="module")
def markdown() -> str:
    return report_of(measured_numbers())["report.md"]


def section(markdown: str, title: str) -> str:
    return markdown.partition(f"## {title}\n")[2].partition("\n## ")[0]


def test_the_report_is_two_texts_and_twelve_pictures():
    files = report_of(measured_numbers())
    assert {path for path in files if Path(path).parent == Path()} == {"report.md", "report.html"}
    assert len([path for path in files if path.startswith("figures/")]) == 12


def test_every_claim_has_its_verdict_in_both_texts():
    numbers = with_outcome(measured_numbers(), "R6", accuracy=0.3)
    files = report_of(numbers)
    for text in (files["report.md"], files["report.html"]):
        assert text.count("✓ Verdict: holds.") == 6
        assert text.count("✗ Verdict: does not hold.") == 1
    verdicts = section(files["report.md"], "Verdicts")
    assert [line.rpartition("| ")[0][-4:] != "" for line in verdicts.splitlines() if line[:3] == "| 3"] == [
        True
    ]
    (third,) = [line for line in verdicts.splitlines() if line.startswith("| 3 |")]
    assert third.endswith("| ✗ does not hold |")


def test_a_quantity_has_its_mean_its_range_its_threshold_and_the_reason(markdown):
    numbers = with_outcome(measured_numbers(), "R6", 0, accuracy=0.9)
    numbers = with_outcome(numbers, "R6", 2, accuracy=0.7)
    text = report_of(numbers)["report.md"]
    assert (
        "| test accuracy of R6 | 0.845 | 0.700 to 0.935 | ✓ at least 0.5 | half of all digits right" in text
    )


def test_the_table_has_the_losses_of_the_epochs_and_the_accuracy(markdown):
    table = section(markdown, "Loss and accuracy")
    assert "| model | epoch 1 | epoch 2 | test accuracy | min to max |" in table
    assert "| S4 | 2.29 | 1.87 | 0.602 | 0.602 to 0.602 |" in table
    names = [line.split(" | ")[0].removeprefix("| ") for line in table.splitlines() if line.startswith("| ")]
    assert names[2:] == ["S3", "S4", "S6", "S6_BN_lr", "S6_BN", "R6", "R6_lr", "R6_BN"]


def test_of_very_many_epochs_some_are_shown_the_first_and_the_last_among_them():
    numbers = measured_numbers()
    losses = tuple(2.0 - index / 1000 for index in range(1000))
    models = {
        name: tuple(dataclasses.replace(outcome, epoch_losses=losses) for outcome in outcomes)
        for name, outcomes in numbers.models.items()
    }
    table = section(report_of(dataclasses.replace(numbers, models=models))["report.md"], "Loss and accuracy")
    header = table.strip().splitlines()[0]
    assert header.count("epoch") == 10
    assert "| epoch 1 |" in header
    assert "| epoch 1000 |" in header


def test_the_accuracies_over_the_weights_are_told_and_so_are_divergences(markdown):
    numbers = with_trials(measured_numbers(), "R6_BN", (0.966, 0.967, 0.972, 0.951, 0.902))
    trials = dict(numbers.weight_trials)
    gone = dataclasses.replace(trials["R6_lr", 0.5][0], diverged=True, accuracy=0.1)
    trials["R6_lr", 0.5] = (gone,) * 3
    trials["R6_lr", 0.16] = (gone, *trials["R6_lr", 0.16][1:])
    text = report_of(dataclasses.replace(numbers, weight_trials=trials))["report.md"]
    (line,) = [line for line in text.splitlines() if line.startswith("| R6_lr | 0.114 (")]
    assert line.endswith("| 0.100 (0.100 to 0.100), 1 diverged | diverged |")


def test_the_layers_are_told_one_by_one(markdown):
    assert "| 600 | S4 | signal | 0.0615 | 0.0149 | – | – |" in markdown
    assert "| 3,000 | S6_BN_lr | gradient | 0.000670 | 0.000560 | 0.000470 | 0.000400 |" in markdown


def test_what_was_not_measured_is_said_to_be():
    numbers = measured_numbers()
    for name in ("S4", "S6_BN_lr"):
        for seed in range(3):
            numbers = with_outcome(numbers, name, seed, moments={})
    text = report_of(numbers)["report.md"]
    assert text.count("– Verdict: not measured.") == 2
    assert "| not measured |  | – at most 0.5 |" in text
    assert "| 600 | S4 | signal | – | – | – | – |" in text
    assert "3,000" not in text


def test_one_seed_has_no_range():
    numbers = measured_numbers()
    one = dataclasses.replace(
        numbers,
        seeds=(4,),
        models={name: outcomes[:1] for name, outcomes in numbers.models.items()},
        weight_trials={key: outcomes[:1] for key, outcomes in numbers.weight_trials.items()},
    )
    text = report_of(one, Plan(PLAN.article, (4,)))["report.md"]
    assert "| test accuracy of R6 | 0.935 | – | ✓ at least 0.5 |" in text
    assert "5 epochs, seed 4." in text


def test_a_shorter_study_is_called_one(markdown):
    short = Plan(PLAN.article.replaced(epochs=1), SEEDS)
    assert "After 1, what takes longer may not show yet." in report_of(measured_numbers(), short)["report.md"]
    assert "may not show yet" not in markdown


def test_the_call_that_made_the_report_is_in_it(markdown):
    assert "bnstudio reproduce --out DIR --epochs 5 --seeds 0,1,2." in markdown
