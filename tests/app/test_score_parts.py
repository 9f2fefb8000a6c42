"""One example as the parts of a form gets the answer that it gets elsewhere; archives are kept for later."""

import base64
import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.cli import run
from app.client import Client
from app.db.tables import Scoring
from app.projects.schemas import Role
from synib.data import Dataset
from synib.scoring import Kit, Scorer
from synib.training import Trained
from tests.app.conftest import Api, Serve, Signed
from tests.app.kits import promotable, scorer
from tests.app.test_models import same
from tests.synib.features.models import build
from tests.synib.scoring import media_kits
from tests.synib.scoring.media_kits import SAID, archive, png, wav
from tests.synib.uploads.making import as_tar, as_zip, packed

PATH = "/v1/models/m/score"
ROW = 4
PICTURE = png(media_kits.images(media_kits.N)[ROW])


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Kit, Trained, Dataset]]:
    """A model of meter, words and picture."""
    folder = tmp_path_factory.mktemp("models")
    build("bert", folder)
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("SYNIB_MODELS", str(folder))
        yield media_kits.made("bert")


@pytest.fixture(scope="module")
def desk(embedded: Api, made: Any) -> Iterator["subprocess.Popen[bytes]"]:
    known = {"models": Path(os.environ["SYNIB_MODELS"])}
    with scorer(embedded.app.state.settings.model_copy(update=known)) as process:
        yield process


@pytest.fixture
def model(api: httpx.Client, session: Session, store: Path, made: Any, desk: Any, embedded: Api) -> Scorer:
    """It can be asked under the name `m`."""
    embedded.app.state.catalogue.forget()  # else another test's `m` would be believed in for a second
    for folder in ("scorings", "models"):
        shutil.rmtree(store / folder, ignore_errors=True)
    run = promotable(session, store, made=made)
    assert api.post("/v1/models", json={"run": run.id, "name": "m"}).status_code == 201
    [folder] = (store / "models").glob("mdl_*")
    return Scorer.load(folder)


def parts(made: Any, **changes: Any) -> dict[str, Any]:
    """Of one example of the data; a part that is None is not sent."""
    whole = {
        "meter": (None, json.dumps(made[2].x["meter"][ROW].tolist())),
        "picture": ("1.png", PICTURE),
        "words": (None, SAID[ROW % len(SAID)]),
        "label": (None, "even"),
        "example_id": (None, "mine"),
    } | changes
    return {name: part for name, part in whole.items() if part is not None}


def files(store: Path) -> list[Path]:
    return [path for path in (store / "scorings").rglob("*") if path.is_file()]


def test_parts_are_answered_as_the_library_and_as_json(
    api: httpx.Client, model: Scorer, made: Any, store: Path
) -> None:
    answer = api.post(PATH, files=parts(made), headers={"Prefer": "wait=60"})
    assert (answer.status_code, answer.headers["preference-applied"]) == (200, "wait=60"), answer.text
    [one] = answer.json()["examples"]
    assert one["example_id"] == "mine"
    data = made[2]
    expected = model.score({name: data.x[name][[ROW]] for name in model.modalities}, ["even"])
    assert same(
        {name: value for name, value in one.items() if name != "example_id"}, next(expected.records())
    )
    x = {
        "meter": data.x["meter"][ROW].tolist(),
        "picture": {"base64": base64.b64encode(PICTURE).decode()},
        "words": SAID[ROW % len(SAID)],
    }
    asked = {"examples": [{"example_id": "mine", "label": "even", "x": x}]}
    assert api.post(PATH, json=asked).json() == answer.json()
    as_file = parts(made, words=("said.txt", b"\xef\xbb\xbf" + SAID[ROW % len(SAID)].encode()))
    assert api.post(PATH, files=as_file).json() == answer.json()
    assert files(store) == []


def test_what_no_part_brings_is_withheld_and_needs_no_label(
    api: httpx.Client, model: Scorer, made: Any
) -> None:
    [one] = api.post(PATH, files=parts(made, words=None, label=None, example_id=None)).json()["examples"]
    assert (one["withheld"], one["label"], one["example_id"]) == (["words"], None, "0")
    assert one["synergy"] is None


WAV = wav(np.zeros(99))


@pytest.mark.parametrize(
    ("changes", "status", "pointer", "said"),
    [
        ({"picture": ("1.png", b"GIF89a")}, 422, "/picture", "is no PNG or JPEG image"),
        ({"picture": ("1.png", PICTURE[:90])}, 422, "/picture", "cannot be decoded"),
        ({"picture": ("1.png", WAV)}, 422, "/picture", "is a WAV recording; here the model reads images"),
        ({"picture": ("1.png", b"")}, 422, "/picture", "is empty; leave it out"),
        ({"meter": (None, "[0.9")}, 422, "/meter", "must be a list of 2 finite numbers"),
        ({"meter": (None, "[0.9]")}, 422, "/meter", "must be a list of 2 finite numbers"),
        ({"meter": (None, b"\xff\xfe")}, 422, "/meter", "is not UTF-8 (byte 0)"),
        ({"words": ("a.txt", b"caf\xe9")}, 422, "/words", "is not UTF-8 (byte 3)"),
        ({"label": (None, "maybe")}, 422, "/label", "is none of the classes even, odd"),
        ({"example_id": (None, "x" * 201)}, 422, "/example_id", "at most 200 characters"),
        ({"smell": ("a.png", PICTURE)}, 422, "/smell",
         "there is no part 'smell'; send examples, spec, meter, words, picture, label, example_id"),
        ({"spec": (None, "{}")}, 422, "/spec", "goes with the file 'examples', and there is none"),
        ({"examples": ("a.csv", b"x")}, 422, "/examples", "cannot come with"),
        ({"picture": ("1.png", bytes(3 * 2**20))}, 413, "/picture", "larger than 2,097,152 bytes together"),
        (dict.fromkeys(("meter", "picture", "words")), 422, "", "has no modality; give at least one of"),
        (dict.fromkeys(("meter", "picture", "words", "label", "example_id")) | {"spec": (None, "{}")}, 422,
         "/examples", "is missing; it is the file, in place of which may be meter, words, picture"),
    ],
)  # fmt: skip
def test_a_part_that_is_wrong_is_refused_at_its_name(
    api: httpx.Client, model: Scorer, made: Any, store: Path,
    changes: dict[str, Any], status: int, pointer: str, said: str,
) -> None:  # fmt: skip
    answer = api.post(PATH, files=parts(made, **changes))
    assert answer.status_code == status, answer.text
    [fault] = answer.json()["errors"]
    assert fault["pointer"] == pointer
    assert said in fault["detail"]
    assert files(store) == []


def test_two_parts_of_one_modality_are_refused(api: httpx.Client, model: Scorer, made: Any) -> None:
    answer = api.post(PATH, files=[*parts(made).items(), ("picture", ("2.png", PICTURE))])
    assert answer.json()["errors"][0] | {"value": None} == {
        "pointer": "/picture", "detail": "is there twice; send one", "value": None,
    }  # fmt: skip


def test_parts_after_a_file_are_refused_and_nothing_is_kept(
    api: httpx.Client, model: Scorer, made: Any, store: Path, session: Session
) -> None:
    answer = api.post(PATH, files=[("examples", ("a.csv", b"x" * 2**21)), *parts(made).items()])
    assert answer.json()["errors"][0]["pointer"] == "/meter"
    assert files(store) == []
    assert session.scalar(select(func.count()).select_from(Scoring)) == 0


def test_a_modality_that_is_called_like_a_path_is_told_as_a_pointer(api: httpx.Client, model: Scorer) -> None:
    answer = api.post(PATH, files={"a/b": (None, "x")})
    assert answer.json()["errors"][0]["pointer"] == "/a~1b"


@pytest.mark.parametrize(("pack", "kind"), [(as_tar, "tar"), (as_zip, "zip")])
def test_an_archive_is_kept_and_queued(
    api: httpx.Client, model: Scorer, store: Path, pack: Any, kind: str
) -> None:
    content = pack(packed(archive(words="cells")))
    answer = api.post(PATH, files={"examples": ("media", content)})
    assert (answer.status_code, answer.json()["file"]["format"]) == (202, kind), answer.text
    [kept] = files(store)
    assert kept.read_bytes() == content


def test_a_reader_may_ask_in_parts_but_not_send_a_file(
    signed: Signed, session: Session, guarded: Api, serve: Serve
) -> None:
    run = promotable(session, guarded.app.state.settings.store, "ours")
    writer, reader = signed("ours", Role.WRITER), signed("ours", Role.READER)
    assert writer.post("/v1/models", json={"run": run.id, "name": "m"}).status_code == 201
    refused = reader.post(PATH, files={"examples": ("a.csv", b"x")})
    assert (refused.status_code, refused.json()["code"]) == (403, "forbidden")
    asked = reader.post(PATH, files={"x1": (None, "[0]")})
    assert asked.json()["errors"][0]["pointer"] == "/x1"  # it was read
    assert signed("theirs", Role.ADMIN).post(PATH, files={"x1": (None, "[0]")}).status_code == 404


def test_the_command_sends_what_the_model_reads_as_a_file_as_a_file(
    embedded: Api, model: Scorer, made: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "1.png").write_bytes(PICTURE)
    (tmp_path / "said.txt").write_text(SAID[ROW % len(SAID)])
    meter = json.dumps(made[2].x["meter"][ROW].tolist())

    def score(*given: str) -> tuple[int, str, str]:
        words = [word for one in given for word in ("--part", one)]
        status = run(["--url", embedded.url, "score", "m", *words, "--json"])
        said = capsys.readouterr()
        return status, said.out, said.err

    status, out, err = score(
        f"picture={tmp_path / '1.png'}", f"meter={meter}", f"words={tmp_path / 'said.txt'}", "label=even"
    )
    assert (status, err) == (0, "")
    expected = model.score({name: made[2].x[name][[ROW]] for name in model.modalities}, ["even"])
    assert json.loads(out)[0]["synergy"] == pytest.approx(expected.synergy[0], abs=1e-6)
    status, out, _ = score(f"words={SAID[ROW % len(SAID)]}")
    assert json.loads(out)[0]["withheld"] == ["meter", "picture"]
    for given, fault in (
        (["picture=none.png"], "there is no file none.png"),
        (["picture"], "write --part NAME=VALUE"),
        (["smell=1"], "m takes meter, words, picture, label, example_id"),
        (["meter=[1, 2]", "meter=[1, 2]"], "--part meter is there twice"),
        (["meter=[1]"], "/meter"),
        ([], "name a file or a folder of examples, or one example by --part"),
    ):
        status, out, err = score(*given)
        assert (status, out) == (2, "")
        assert fault in err


def test_a_client_sends_files_words_and_numbers_as_parts(
    embedded: Api, model: Scorer, made: Any, tmp_path: Path
) -> None:
    (picture := tmp_path / "1.png").write_bytes(PICTURE)
    meter = made[2].x["meter"][ROW]
    with Client(embedded.url) as client:
        one = client.models.score_media(
            "m",
            picture=picture,
            meter=meter,
            words=SAID[ROW % len(SAID)],
            label="even",
            example_id="mine",
            wait=60,
        )
        [again] = client.models.score("m", [{"x": {"meter": meter.tolist()}}], wait=60).examples
        partly = client.models.score_media("m", meter=[float(value) for value in meter])
    expected = model.score({name: made[2].x[name][[ROW]] for name in model.modalities}, ["even"])
    assert (one.example_id, one.label) == ("mine", "even")
    assert one.synergy == pytest.approx(expected.synergy[0], abs=1e-6)
    assert partly == again
