"""Charts: what they say is what the report says, and the numbers under them are its numbers."""

import csv
import io
import re
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.dashboard.report.chart import NARROW, WIDE, Chart
from app.dashboard.report.charts.scatter import Cell, scatter
from app.dashboard.report.charts.waterfall import waterfall
from app.dashboard.report.picture import as_csv, as_svg
from app.dashboard.report.sections import charts, sections
from app.dashboard.report.wording import amount, share
from synib.report import Report
from tests.app.dashboard.report.reports import WORLDS, report

QUESTIONS = ("good", "alone", "synergy", "examples", "confidence", "missing", "settings")


def numbers(words: str) -> list[str]:
    return re.findall(r"(?<![\w.])-?\d[\d,]*(?:\.\d+)?(?![\w.]*\d)", words)


def cells(chart: Chart) -> list[float]:
    return [cell for row in chart.table.rows for cell in row if isinstance(cell, int | float)]


def own_sentences(found: Report) -> set[str]:
    """What the report says itself; its words are tested where they are made."""
    calibration = found.calibration_by_subset
    parts = [found.agreement, found.removal, found.missing, *(found.subset.subsets if found.subset else ())]
    parts += calibration.by_subset.values() if calibration else ()
    return {part.sentence for part in parts if part is not None}


@pytest.mark.parametrize("name", WORLDS)
def test_every_chart_has_title_sentence_n_picture_and_table(name):
    found = charts(report(name))
    assert len(found) >= (1 if name == "few" else 8)
    for id_, chart in found.items():
        assert id_ == chart.id
        assert re.fullmatch(r"[a-z][a-z0-9_-]*", id_)
        assert chart.title[-1] not in ".:"
        assert chart.sentence.endswith(".")
        assert chart.n >= 1
        assert chart.size.startswith(f"n = {chart.n:,} {chart.of}")
        for width in (NARROW, WIDE):
            drawing = chart.plot.draw(width)
            assert drawing.width == width
            ElementTree.fromstring(drawing.svg())


@pytest.mark.parametrize("name", WORLDS)
def test_every_number_that_a_chart_says_of_itself_is_in_its_table_or_the_report(name):
    found = report(name)
    said = own_sentences(found)
    known = [found.examples, max(found.base_rate), found.redundant, *found.unique.values(), 19, 20, 8, 10]
    null, gap = found.synergy.null, found.confidence_gap
    known += [null.q95, null.draws, found.synergy.at_least, null.mean, gap.value, null.p, 0.001]
    for chart in charts(found).values():
        if chart.sentence in said:
            continue
        count = len(chart.table.rows)
        have = [*cells(chart), *known, chart.n, count, count - 1]
        shapley = sum(row[3] for row in chart.table.rows if row[0] == "Shapley value")
        have += [shapley, *(found.group_counts.values())]
        have += [value * 100 for value in have]
        if chart.id.startswith("lattice"):
            have += lattice_counts(found, chart)
        for words in (chart.title, chart.sentence):
            plain = words.replace("95 %", "").replace(found.synergy.sentence, "")
            for number in numbers(plain):
                value = float(number.replace(",", ""))
                places = len(number.partition(".")[2])
                reach = 0.5 * 10**-places + 1e-9
                assert any(abs(abs(one) - abs(value)) <= reach for one in have), (chart.id, number, words)


def lattice_counts(found: Report, chart: Chart) -> list[float]:
    assert found.games
    [one] = [o for o in found.games.lattices if chart.id.endswith(o.quantity)]
    n, never = sum(one.violations), one.violations[0]
    falls = sum(e.change.high is not None and e.change.high < 0 for e in one.edges)
    return [n - never, 100 * never / n, falls, len(one.edges)]


@pytest.mark.parametrize("name", WORLDS)
def test_the_csv_has_the_numbers_of_the_table_in_full(name):
    for chart in charts(report(name)).values():
        head, *rows = csv.reader(io.StringIO(as_csv(chart)))
        assert len(head) == len(chart.table.columns)
        assert len(rows) == len(chart.table.rows)
        for told, row in zip(rows, chart.table.rows, strict=True):
            for text, cell in zip(told, row, strict=True):
                if isinstance(cell, float):
                    assert float(text) == cell
                elif cell is None:
                    assert text == ""
                else:
                    assert text.removeprefix("'") == str(cell)


@pytest.mark.parametrize("name", WORLDS)
def test_the_picture_as_a_file_needs_nothing_else(name):
    for chart in charts(report(name)).values():
        svg = as_svg(chart)
        ElementTree.fromstring(svg)
        assert "var(" not in svg
        assert "light-dark" not in svg
        assert "<a " not in svg
        assert re.findall(r"https?://[^\"]*", svg) == ["http://www.w3.org/2000/svg"]
        assert "#0b6bb0" in svg  # the first series, in the light theme


def test_questions_come_in_the_order_in_which_they_are_asked():
    assert tuple(section.id for section in sections(report("together"))) == QUESTIONS


def test_where_there_is_synergy_the_title_says_how_much_and_against_what():
    found = report("together")
    chart = charts(found)["synergy"]
    assert found.synergy.found
    assert chart.title.startswith(f"{found.synergy.estimate.value:.2f} bit are only in the combination")
    assert chart.sentence.startswith(found.synergy.sentence)
    headline = dict(zip(chart.table.columns, chart.table.rows[0], strict=True))
    assert headline["null 95 %"] == found.synergy.null.q95
    assert headline["p"] == found.synergy.null.p
    assert headline["n"] == found.examples


def test_where_there_is_none_it_is_said_plainly():
    found = report("nothing")
    assert not found.synergy.found
    chart = charts(found)["synergy"]
    assert chart.title.startswith("No synergy found")
    assert chart.sentence.startswith("No synergy found")


def test_where_nothing_can_be_said_only_accuracy_is_shown():
    found = report("few")
    assert found.too_little
    assert list(charts(found)) == ["subsets"]


@pytest.mark.parametrize("name", ["together", "three"])
def test_accuracies_with_their_intervals_are_the_report_s(name):
    found = report(name)
    chart = charts(found)["subsets"]
    full = found.subsets[-1]
    assert chart.sentence.startswith(f"Right on {share(found.joint.accuracy)} with {full}")
    best = max(found.subsets[:-1], key=lambda subset: found.by_subset[subset].accuracy.value)
    value = found.by_subset[best].accuracy.value
    assert f"at most on {100 * value:.1f} %" in chart.title
    rows = {row[0].removesuffix(" only"): row for row in chart.table.rows}
    for subset, one in found.by_subset.items():
        assert rows[subset][1:5] == (one.accuracy.value, one.accuracy.low, one.accuracy.high, one.confidence)


def test_groups_add_up_to_all_examples():
    found = report("three")
    chart = charts(found)["groups"]
    assert sum(row[2] for row in chart.table.rows) == found.examples
    assert f"On {found.group_counts['only_joint']:,} of {found.examples:,} examples" in chart.sentence


def test_a_lattice_is_drawn_for_three_modalities_and_not_for_two():
    assert not any(name.startswith("lattice") for name in charts(report("together")))
    lattice = charts(report("three"))["lattice-p_true"]
    assert len(lattice.table.rows) == 12  # edges of the cube
    assert len(re.findall(r"<text", lattice.plot.draw(WIDE).svg())) >= 8


def test_reliability_counts_every_example_once_for_every_subset():
    found = report("validated")
    diagrams = [chart for name, chart in charts(found).items() if name.startswith("reliability")]
    assert len(diagrams) == len(found.subsets)
    for chart in diagrams:
        assert sum(row[2] for row in chart.table.rows) == found.examples == chart.n


@given(
    st.floats(0, 1),
    st.lists(st.floats(0, 1), min_size=2, max_size=4),
    st.floats(0, 1),
)
def test_the_steps_to_a_prediction_add_up_to_it(base, singles, joint):
    names = [f"m{i}" for i in range(len(singles))]
    full = "+".join(names)
    subsets = {name: {"p_true": p} for name, p in zip(names, singles, strict=True)} | {
        full: {"p_true": joint}
    }
    chart = waterfall({"label": "x", "subsets": subsets, "synergy": 0.5}, base, names, full)
    *steps, (_, end) = chart.table.rows
    assert sum(step for _, step in steps) == pytest.approx(end, abs=1e-12)
    assert end == joint
    assert chart.plot.draw(WIDE).svg()


def test_exclusive_or_goes_from_the_base_rate_to_the_prediction_by_interaction_alone():
    subsets = {"a": {"p_true": 0.5}, "b": {"p_true": 0.5}, "a+b": {"p_true": 1.0}}
    chart = waterfall({"label": "odd", "subsets": subsets, "synergy": 1.0}, 0.5, ["a", "b"], "a+b")
    assert [row[1] for row in chart.table.rows] == [0.5, 0.0, 0.0, 0.5, 1.0]
    assert "the largest step is interaction" in chart.title


def test_the_scatter_says_how_many_examples_are_drawn():
    found = report("together")
    some = [Cell(0.55, 0.9, True, 200), Cell(0.6, 0.58, False, 50)]
    chart = scatter(found, some, 250)
    assert chart.n == 250
    assert f"a random sample of 250 of {found.examples} examples" in chart.sentence
    assert chart.title == "Surer together than alone on 80.0 % of the examples"
    assert amount(found.confidence_gap, 3) in chart.sentence
    whole = scatter(found, [Cell(0.55, 0.9, True, found.examples)], found.examples)
    assert f"Drawn: all {found.examples} examples" in whole.sentence
