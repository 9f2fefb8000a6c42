"""`synib convert`: a file of MultiBench becomes arrays, or a sentence says why not."""

import json
import os
import pickle

import pytest

from app.cli import run
from synib import spec
from tests.synib.benchmarks.files import multibench

SCORES = {"train": [-1.5, 0.0, 0.2], "valid": [-3.0, 1.0], "test": [2.6, 0.5]}


@pytest.fixture
def source(tmp_path):
    path = tmp_path / "mosi_data.pkl"
    path.write_bytes(pickle.dumps(multibench(SCORES), 4))
    return path


def convert(source, *more):
    into = source.with_suffix(".npz")
    return run(["convert", "multibench", str(source), str(into), "--benchmark", "mosi", *more]), into


def test_a_file_is_converted_and_the_recipe_that_reads_it_told(source, capsys):
    status, into = convert(source)
    said = capsys.readouterr().out
    assert status == 0
    assert "3 train, 2 validation, 2 test" in said
    assert f"{{kind: multibench, benchmark: mosi, file: {into}}}" in said
    assert spec.MultiBench(benchmark="mosi", file=str(into)).info().examples == 7


def test_json_is_for_programs(source, capsys):
    status, into = convert(source, "--json")
    made = json.loads(capsys.readouterr().out)
    assert status == 0
    assert made["examples"] == {"train": 3, "validation": 2, "test": 2}
    assert made["file"] == str(into)


class Hostile:
    def __reduce__(self):
        return os.system, ("echo ran",)


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (Hostile(), "refers to posix.system"),
        ({"a": 1}, "no parts train, valid and test"),
        (SCORES, "it needs vision"),
    ],
)
def test_a_file_of_something_else_ends_with_a_sentence_and_leaves_nothing(source, capsys, content, says):
    source.write_bytes(pickle.dumps(content))
    status, into = convert(source)
    assert status == 1
    assert says in " ".join(capsys.readouterr().err.split())
    assert not into.exists()
