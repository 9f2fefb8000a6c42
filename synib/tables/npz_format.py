"""Reads NPZ: either an array a column, or for each subset one array of (N, K) and ``classes``."""

import numpy as np

from synib.tables.layout import Layout, understand, understand_arrays
from synib.tables.npz import Npz, Shape, as_text, is_text
from synib.tables.problems import Faults
from synib.tables.raw import Floats, Glance, Raw
from synib.tables.sources import UNPACKED, Source


def header(source: Source, faults: Faults) -> Glance:
    """The layout, the number of rows and their size."""
    with Npz(source, UNPACKED) as file:
        return Glance(_layout(file, faults), (file.shapes.get("label") or (0,))[0], file.unpacked)


def read(source: Source, faults: Faults) -> Raw | None:
    """The table; None, with the reasons in ``faults``, if it has none."""
    with Npz(source, UNPACKED) as file:
        layout = _layout(file, faults)
        if layout is None:
            return None
        texts = {name: as_text(file.read(name)) for name in layout.texts}
        p: dict[tuple[str, ...], Floats] = {}
        for subset, columns in layout.columns.items():
            whole = file.read(columns[0])
            if whole.ndim == 1:
                whole = np.column_stack([file.read(name) for name in columns])
            p[subset] = np.asarray(whole, np.float64)
        return Raw(layout, texts, p)


def _layout(file: Npz, faults: Faults) -> Layout | None:
    """Both ways of writing a table down; what is of the wrong kind or shape is in ``faults``."""
    shapes = file.shapes
    if "classes" in shapes:
        if shapes["classes"] != (shapes["classes"] or (0,))[:1] or not is_text(file.kinds["classes"]):
            faults.add("classes", "must be one row of names or whole numbers", shapes["classes"])
            return None
        classes = [str(name) for name in as_text(file.read("classes")).to_pylist()]
        layout = understand_arrays([*shapes], classes, faults)
        more: Shape = (len(classes),)
    else:
        layout, more = understand([*shapes], faults), ()
    if layout is None:
        return None
    rows = next(iter(shapes["label"]), 0)
    for name in shapes:
        if name != "classes":
            _check(file, name, layout, (rows, *(() if name in layout.texts else more)), faults)
    return None if faults else layout


def _check(file: Npz, name: str, layout: Layout, shape: Shape, faults: Faults) -> None:
    kind = file.kinds[name]
    if name in layout.texts and not is_text(kind):
        faults.add(name, f"is of type {kind}; use text or whole numbers", str(kind))
    elif name not in layout.texts and kind.kind not in "fiu":
        faults.add(name, f"is of type {kind}; use float64 or float32", str(kind))
    elif file.shapes[name] != shape:
        faults.add(name, f"has the shape {file.shapes[name]}; {shape} would go with label and the classes")
