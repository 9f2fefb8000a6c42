"""Pictures: well-formed, harmless, and numbers where the axis says that they are."""

import re
from itertools import pairwise
from math import ulp
from xml.etree import ElementTree

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from app.dashboard.report.drawing import Drawing, fitted, width_of
from app.dashboard.report.plots.rows import Mark, Row, Rows
from app.dashboard.report.scale import Scale, covering
from app.dashboard.report.table import Table
from app.dashboard.report.wording import group, kept

NUMBERS = st.floats(-1e6, 1e6).map(lambda value: round(value, 6))


@given(NUMBERS, st.floats(1e-3, 1e6), st.floats(20, 1000))
@example(524288.0, 0.001, 701.0)
def test_ticks_are_round_inside_and_evenly_apart(low, width, pixels):
    scale = Scale(low, low + width, 0, pixels)
    labels = scale.labels()
    ticks = [tick for tick, _ in labels]
    assert all(low - 1e-6 * width <= tick <= low + width * (1 + 1e-6) for tick in ticks)
    steps = [after - before for before, after in pairwise(ticks)]
    finest = 4 * ulp(abs(low) + width)  # what numbers of this size can tell apart
    assert all(step == pytest.approx(steps[0], rel=1e-6, abs=finest) for step in steps)
    for tick, text in labels:
        assert float(text) == pytest.approx(tick, abs=1e-6 * max(1, abs(tick)) + 1e-9)
        assert scale(tick) == pytest.approx((tick - low) / width * pixels, abs=1e-3)


def test_a_scale_from_0_to_1_on_350_pixels_has_a_tick_every_fifth():
    scale = Scale(0, 1, 0, 350)
    assert [text for _, text in scale.labels()] == ["0.0", "0.2", "0.4", "0.6", "0.8", "1.0"]
    assert (scale(0.5), scale(2)) == (175, 350)


def test_what_counts_has_whole_ticks():
    assert [text for _, text in Scale(0.5, 2.5, 0, 500, whole=True).labels()] == ["1", "2"]


@given(st.lists(NUMBERS, min_size=1))
def test_a_range_covers_its_values_with_air_on_both_sides(values):
    low, high = covering([*values, None, float("nan")])
    assert low < min(values) <= max(values) < high


@given(st.text(max_size=40), st.floats(20, 400))
def test_a_fitted_text_is_a_beginning_that_fits(text, room):
    told = fitted(text, room)
    if told != text:
        assert told.endswith("…")
        assert text.startswith(told[:-1])
        assert width_of(told) <= room or told == "…"


WORDS = st.text(st.characters(codec="utf-8", exclude_categories=["C"]), max_size=30)


@given(WORDS, WORDS, st.lists(st.floats(-10, 10), min_size=1, max_size=4))
def test_words_of_users_cannot_leave_their_place(name, unit, values):
    rows = [Row(name, [Mark(value, value - 1, value + 1)], name, dots=[(value, name)]) for value in values]
    for width in (330, 560):
        svg = Rows(rows, unit).draw(width).svg()
        tags = {re.sub(r"\{.*\}", "", element.tag) for element in ElementTree.fromstring(svg).iter()}
        assert tags <= {"svg", "text", "title", "line", "circle", "rect"}
        assert " style=" not in re.sub(r">[^<]*<", "><", svg)


def test_a_number_that_is_none_cannot_be_drawn():
    with pytest.raises(ValueError, match="cannot be drawn"):
        Drawing(10, 10).circle((float("nan"), 1), 1, "f1")


def test_a_point_is_drawn_where_the_axis_has_its_number():
    drawn = Rows([Row("x", [Mark(0.25)])], "share", domain=(0.0, 1.0)).draw(560).svg()
    at = float(re.findall(r'<circle class="f1" cx="([\d.]+)"', drawn)[0])
    ticks = {text: float(x) for x, text in re.findall(r'<text x="([\d.]+)" [^>]*>(0\.\d|1\.0)<', drawn)}
    assert at == pytest.approx(ticks["0.0"] + 0.25 * (ticks["1.0"] - ticks["0.0"]), abs=0.2)


def test_a_table_as_csv_has_every_digit_and_no_formula():
    told = Table(("=name", "value"), [("=1+1", 0.1 + 0.2), ('a "b", c', None), ("-x", 3)]).csv()
    assert told == '\'=name,value\n\'=1+1,0.30000000000000004\n"a ""b"", c",\n\'-x,3\n'


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("all_right", "everybody is right"),
        ("only_joint", "only all together are right"),
        ("only_left", "left alone, not all together"),
        ("only_left+right", "left and right, not all together"),
        ("only_left+joint", "left and all together"),
    ],
)
def test_groups_say_who_is_right(name, words):
    assert group(name) == words


def test_lines_do_not_break_before_a_unit():
    assert kept("96.4 % of 3 examples, p < .001, 0.61 bit") == (
        "96.4\u00a0% of 3 examples, p\u00a0<\u00a0.001, 0.61\u00a0bit"
    )
