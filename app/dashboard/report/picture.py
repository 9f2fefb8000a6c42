"""A chart as markup: inline in a page, at two widths of which the page shows one, and as files of its own."""

import base64
import re
from functools import lru_cache
from pathlib import Path

from markupsafe import Markup

from app.dashboard.report.chart import NARROW, WIDE, Chart

STYLE = Path(__file__).parents[1] / "static" / "report.css"


def inline(chart: Chart, linked: bool = True) -> Markup:
    """The picture for a wide and for a narrow frame; for ears it has the title and the sentence beside it.
    ``linked`` keeps what leads to other views of the same page."""
    named = f'aria-labelledby="{chart.id}-title" aria-describedby="{chart.id}-sentence"'
    both = ""
    for frame, width in (("wide", WIDE), ("narrow", NARROW)):
        drawing = chart.plot.draw(width)
        role = "group" if linked and drawing.links else "img"  # of an img nobody may press what is in it
        both += drawing.svg(f'class="picture {frame}" role="{role}" {named}')
    return Markup(both if linked else _unlinked(both))  # noqa: S704 - `Drawing` escapes every word


def as_svg(chart: Chart) -> str:
    """The picture as a file, in light colours on white, as papers want it."""
    drawing = chart.plot.draw(WIDE)
    ground = f'<rect width="{drawing.width:.0f}" height="{drawing.height:.0f}" fill="#ffffff"/>'
    return _unlinked(drawing.svg('class="picture"', f"<style>{paper_style()}</style>{ground}"))


def as_csv(chart: Chart) -> str:
    """The numbers as a file, every digit."""
    return chart.table.csv()


def data_url(text: str, media_type: str) -> str:
    """A file inside a file."""
    return f"data:{media_type};base64,{base64.b64encode(text.encode()).decode()}"


@lru_cache
def paper_style() -> str:
    """The part of the style sheet that pictures need, its colours those of the light theme."""
    app = (STYLE.parent / "app.css").read_text(encoding="utf-8")
    light = dict(re.findall(r"--([\w-]+): light-dark\((#\w+),", app))
    part = STYLE.read_text(encoding="utf-8").split("/* Pictures. */")[1].split("/* End of pictures. */")[0]
    part = re.sub(r"@container[^{]*\{(?:[^{}]*\{[^{}]*\})*[^{}]*\}", "", part)
    coloured = re.sub(r"var\(--([\w-]+)\)", lambda match: light.get(match[1], "sans-serif"), part)
    return re.sub(r"\s+", " ", coloured).strip()


def _unlinked(svg: str) -> str:
    return re.sub(r"</?a\b[^>]*>", "", svg)
