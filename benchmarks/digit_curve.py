"""Accuracy by the number of training pairs, as a table and a drawing, from folders of `benchmarks.study`.

    python -m benchmarks.digit_curve found/0 found/1 found/2 found/3 --methods vanilla masking_only random \
        --svg docs/studies/digits_seen_heard.svg

Points are means over seeds, bars their 95 % t intervals; the dashed line is where `--ceiling` is.
"""

import argparse
import math
import sys
from collections.abc import Sequence
from pathlib import Path

from synib import spec
from synib.report import Comparison, MetricRow

WIDTH, HEIGHT, LEFT, TOP, RIGHT, BOTTOM = 640, 380, 60, 20, 130, 50
COLOURS = ("#6b7280", "#c2620c", "#1d4ed8", "#047857", "#7e22ce")
Curves = dict[str, list[tuple[int, MetricRow]]]


def main(arguments: Sequence[str]) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("folders", type=Path, nargs="+")
    parser.add_argument("--methods", nargs="+", required=True)
    parser.add_argument("--ceiling", type=float)
    parser.add_argument("--svg", type=Path)
    asked = parser.parse_args(arguments)
    curves = read(asked.folders, asked.methods)
    for name, points in curves.items():
        cells = [
            f"{n:,}: {row.mean.value:.3f} [{row.mean.low:.3f}, {row.mean.high:.3f}]" for n, row in points
        ]
        print(f"| {name} | {' | '.join(cells)} |")
    if asked.svg:
        asked.svg.write_text(drawing(curves, asked.ceiling), "utf-8")


def read(folders: Sequence[Path], methods: Sequence[str]) -> Curves:
    """Each method's accuracy by training pairs, fewest first."""
    curves: Curves = {name: [] for name in methods}
    for folder in folders:
        experiment = spec.Experiment.model_validate_json((folder / "experiment.json").read_text())
        comparison = Comparison.model_validate_json((folder / "comparison.json").read_text())
        (table,) = (table for table in comparison.tables if table.metric == "accuracy")
        for row in table.rows:
            if row.method in curves:
                curves[row.method].append((experiment.dataset.info().counts["train"], row))
    return {name: sorted(points, key=lambda point: point[0]) for name, points in curves.items()}


def drawing(curves: Curves, ceiling: float | None) -> str:
    """An SVG; pairs on a logarithmic scale."""
    sizes = sorted({n for points in curves.values() for n, _ in points})
    lowest = min(row.mean.low or row.mean.value for points in curves.values() for _, row in points)
    floor = math.floor(10 * lowest) / 10

    def across(n: float) -> float:
        share = math.log(n / sizes[0]) / math.log(sizes[-1] / sizes[0])
        return round(LEFT + 15 + share * (WIDTH - LEFT - RIGHT - 30), 1)

    def down(accuracy: float) -> float:
        return round(TOP + (1 - accuracy) / (1 - floor) * (HEIGHT - TOP - BOTTOM), 1)

    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" font-family="sans-serif" '
        'font-size="13" fill="#374151">',
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#ffffff"/>',
    ]
    for tenth in range(round(10 * floor), 11):
        y = down(tenth / 10)
        parts.append(f'<path d="M{LEFT} {y}H{WIDTH - RIGHT}" stroke="#e5e7eb"/>')
        parts.append(f'<text x="{LEFT - 8}" y="{y + 4}" text-anchor="end">{tenth / 10:.1f}</text>')
    for n in sizes:
        parts.append(f'<text x="{across(n)}" y="{HEIGHT - BOTTOM + 20}" text-anchor="middle">{n:,}</text>')
    middle = (LEFT + WIDTH - RIGHT) / 2
    parts.append(f'<text x="{middle}" y="{HEIGHT - 10}" text-anchor="middle">training pairs</text>')
    if ceiling:
        y = down(ceiling)
        parts.append(f'<path d="M{LEFT} {y}H{WIDTH - RIGHT}" stroke="#374151" stroke-dasharray="5 4"/>')
        parts.append(f'<text x="{WIDTH - RIGHT + 8}" y="{y - 6}">two readers</text>')
    for place, ((name, points), colour) in enumerate(zip(curves.items(), COLOURS, strict=False)):
        at = [(across(n) + 6 * (place - (len(curves) - 1) / 2), row.mean) for n, row in points]
        line = " ".join(f"{x},{down(mean.value)}" for x, mean in at)
        parts.append(f'<polyline points="{line}" fill="none" stroke="{colour}" stroke-width="2"/>')
        for x, mean in at:
            parts.append(f'<circle cx="{x}" cy="{down(mean.value)}" r="3.5" fill="{colour}"/>')
            if mean.low is not None and mean.high is not None:
                bar = f"M{x} {down(mean.low)}V{down(mean.high)}"
                parts.append(f'<path d="{bar}" stroke="{colour}" stroke-width="1.5"/>')
        y = TOP + 60 + 22 * place
        parts.append(f'<text x="{WIDTH - RIGHT + 8}" y="{y}" fill="{colour}">{name}</text>')
    return "\n".join([*parts, "</svg>\n"])


if __name__ == "__main__":
    main(sys.argv[1:])
