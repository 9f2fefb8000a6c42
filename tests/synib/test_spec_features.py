"""What an experiment on images, recordings and texts means, and what is wrong with it: without torch."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from synib import spec
from synib.plan import plan
from synib.problems import SpecError
from synib.spec import parse_experiment
from tests.synib.features.examples import asked

MEDIA = {"seen": "image", "heard": "audio", "read": "text"}


@pytest.fixture
def bert(tmp_path: Path) -> str:
    """The configuration of one, and weights whose header says their shapes."""
    config = {"model_type": "bert", "vocab_size": 9, "hidden_size": 8, "max_position_embeddings": 32}
    (tmp_path / "config.json").write_text(json.dumps(config))
    header = json.dumps({"table": {"dtype": "F32", "shape": [9, 8], "data_offsets": [0, 288]}}).encode()
    (tmp_path / "model.safetensors").write_bytes(len(header).to_bytes(8, "little") + header + bytes(288))
    return str(tmp_path)


def problems(data: dict[str, Any]) -> list[tuple[str, str]]:
    with pytest.raises(SpecError) as error:
        parse_experiment(data)
    return [(problem.pointer, problem.detail) for problem in error.value.problems]


def test_media_are_read_as_suits_them_if_nobody_says_how(bert: str) -> None:
    words = {"features": {"kind": "pretrained", "model": bert}}
    experiment = parse_experiment(asked(MEDIA, modalities={"read": words, "seen": {}, "heard": {}}))
    read = {
        name: (one.features and one.features.kind, one.encoder.kind)
        for name, one in experiment.modalities.items()
    }
    assert read == {"seen": ("pixels", "cnn"), "heard": ("log_mel", "cnn"), "read": ("pretrained", "mlp")}
    assert experiment.input_shapes() == {"seen": (3, 64, 64), "heard": (1, 64, 101), "read": (8,)}
    assert experiment.inputs().shapes == experiment.input_shapes()
    assert experiment.resolved() == experiment


def test_an_experiment_means_the_same_once_it_has_been_stored(bert: str) -> None:
    words = {"features": {"kind": "pretrained", "model": bert, "pooling": "tokens"}}
    experiment = parse_experiment(
        asked({"seen": "image", "read": "text"}, modalities={"read": words, "seen": {}})
    )
    assert spec.Experiment.model_validate(experiment.model_dump(mode="json")) == experiment
    assert parse_experiment(experiment.model_dump(mode="json")).digest() == experiment.digest()


@pytest.mark.parametrize(
    ("features", "encoder", "shape"),
    [
        ({"kind": "pixels", "size": 8, "channels": 1}, "cnn", (1, 8, 8)),
        ({"kind": "log_mel", "seconds": 0.5, "layout": "steps"}, "transformer", (51, 64)),
        ({"kind": "mfcc", "seconds": 0.5}, "transformer", (51, 20)),
        ({"kind": "mfcc", "seconds": 0.5, "layout": "image"}, "cnn", (1, 20, 51)),
        ({"kind": "waveform", "rate": 8000, "seconds": 0.5}, "cnn", (4000, 1)),
        ({"kind": "pretrained", "pooling": "tokens", "steps": 7}, "transformer", (7, 8)),
        ({"kind": "tokens", "max_length": 9}, "pretrained", (9,)),
    ],
)
def test_every_kind_of_features_has_its_shape_and_encoder(
    features: dict[str, Any], encoder: str, shape: tuple[int, ...], bert: str
) -> None:
    words = features["kind"] in ("pretrained", "tokens")
    kind = "text" if words else "image" if features["kind"] == "pixels" else "audio"
    features = features | ({"model": bert} if words else {})
    data = asked({"one": kind, "other": "image"}, modalities={"one": {"features": features}, "other": {}})
    experiment = parse_experiment(data)
    assert experiment.input_shapes()["one"] == shape
    assert experiment.modalities["one"].encoder.kind == encoder
    assert plan(experiment).parameters["encoder/one"] > 0


def test_moments_are_left_to_a_pretrained_encoder(bert: str) -> None:
    tokens = {"features": {"kind": "tokens", "model": bert, "max_length": 8}}
    experiment = parse_experiment(
        asked({"read": "text", "seen": "image"}, modalities={"read": tokens, "seen": {}})
    )
    assert not experiment.modalities["read"].normalize
    assert experiment.modalities["seen"].normalize


WORDS = {"kind": "tokens", "model": "BERT", "max_length": 8}
TUNED = {"kind": "pretrained", "model": "BERT"}


@pytest.mark.parametrize(
    ("one", "pointer", "says"),
    [
        ({}, "features", "is text; say how it is read"),
        ({"features": {"kind": "pixels"}}, "features/kind", "pixels reads image, and this modality is text"),
        ({"features": {"kind": "pretrained", "model": "BERT", "width": 9}}, "features/width", "has width 8"),
        (
            {"features": {"kind": "pretrained", "model": "BERT", "steps": 40}},
            "features/steps",
            "than 32 tokens",
        ),
        (
            {"features": {"kind": "pretrained", "model": "no/such"}},
            "features/model",
            "is not in $SYNIB_MODELS",
        ),
        ({"features": WORDS | {"max_length": 33}}, "features/max_length", "no more than 32 tokens"),
        ({"features": WORDS, "encoder": {"kind": "mlp"}}, "encoder/kind", "only an encoder pretrained reads"),
        (
            {"features": WORDS, "encoder": TUNED | {"model": "elsewhere"}},
            "encoder/model",
            "has another vocabulary",
        ),
        (
            {"features": {"kind": "pretrained", "model": "BERT"}, "encoder": TUNED},
            "encoder/kind",
            "tokens, pixels or waveform",
        ),
        (
            {"features": {"kind": "pretrained", "model": "BERT"}, "encoder": {"kind": "gru"}},
            "encoder/kind",
            "steps × values",
        ),
        ({"features": WORDS, "augment": [{"kind": "noise"}]}, "augment/0/kind", "token_dropout can be used"),
        (
            {"features": {"kind": "pretrained", "model": "BERT"}, "augment": [{"kind": "flip"}]},
            "augment/0/kind",
            "is for images",
        ),
    ],
)
def test_what_does_not_fit_is_refused_where_it_stands(
    one: dict[str, Any], pointer: str, says: str, bert: str
) -> None:
    one = json.loads(json.dumps(one).replace("BERT", bert))
    ((where, detail),) = problems(
        asked({"read": "text", "seen": "image"}, modalities={"read": one, "seen": {}})
    )
    assert where == f"/modalities/read/{pointer}"
    assert says in detail


@pytest.mark.parametrize(
    ("one", "pointer", "says"),
    [
        ({"features": {"kind": "log_mel", "mels": 250}}, "features/mels", "use at most"),
        ({"features": {"kind": "mfcc", "mels": 10}}, "features/coefficients", "no more than 10"),
        ({"features": {"kind": "log_mel"}, "encoder": {"kind": "gru"}}, "encoder/kind", "steps × values"),
        (
            {"features": {"kind": "mfcc"}, "encoder": {"kind": "gru", "features": 9, "bidirectional": True}},
            "encoder/features",
            "an even number",
        ),
        (
            {
                "features": {"kind": "mfcc", "seconds": 0.01},
                "encoder": {"kind": "cnn", "channels": [4, 4, 4]},
            },
            "encoder/channels",
            "halve 2 steps away",
        ),
        ({"features": {"kind": "log_mel"}, "augment": [{"kind": "crop"}]}, "augment/0/kind", "a spectrogram"),
        ({"features": {"kind": "pretrained", "model": "BERT"}}, "features/model", "does not read audio"),
    ],
)
def test_what_does_not_fit_a_recording_is_refused_where_it_stands(
    one: dict[str, Any], pointer: str, says: str, bert: str
) -> None:
    one = json.loads(json.dumps(one).replace("BERT", bert))
    ((where, detail),) = problems(
        asked({"heard": "audio", "seen": "image"}, modalities={"heard": one, "seen": {}})
    )
    assert where == f"/modalities/heard/{pointer}"
    assert says in detail


def test_arrays_have_no_features() -> None:
    data = {
        "dataset": {"kind": "noisy_xor"},
        "modalities": {"x1": {"features": {"kind": "pixels"}}, "x2": {}},
        "methods": [{"kind": "vanilla"}],
    }
    ((where, detail),) = problems(data)
    assert where == "/modalities/x1/features"
    assert "these are numbers; leave it out" in detail


@pytest.mark.parametrize(
    ("method", "pointer"),
    [
        ({"kind": "synib"}, "/methods/0/mask/on"),
        ({"kind": "masking_only"}, "/methods/0/mask/on"),
        ({"kind": "modality_dropout", "on": "input"}, "/methods/0/on"),
    ],
)
def test_nothing_stands_in_for_a_word_so_masks_are_on_representations(
    method: dict[str, Any], pointer: str, bert: str
) -> None:
    tokens = {"features": {"kind": "tokens", "model": bert, "max_length": 8}}
    data = asked({"read": "text", "seen": "image"}, modalities={"read": tokens, "seen": {}}, methods=[method])
    ((where, detail),) = problems(data)
    assert where == pointer
    assert "use latent" in detail
    latent = {"on": "latent"} if "on" in method else {"mask": {"kind": "full", "on": "latent"}}
    parse_experiment(data | {"methods": [method | latent]})


def test_features_count_in_the_memory_of_a_run() -> None:
    def needed(size: int) -> int:
        modalities = {
            "seen": {"features": {"kind": "pixels", "size": size}, "encoder": {"kind": "mlp"}},
            "heard": {},
        }
        planned = plan(
            parse_experiment(asked({"seen": "image", "heard": "audio"}, 3000, modalities=modalities))
        )
        return next(term.bytes for term in planned.memory if "examples" in term.what)

    assert needed(64) - needed(32) == 3 * 4 * 3000 * 3 * (64**2 - 32**2)


def test_a_frozen_models_weights_count_too(bert: str) -> None:
    words = {"features": {"kind": "pretrained", "model": bert}}
    data = asked({"read": "text", "seen": "image"}, modalities={"read": words, "seen": {}})
    terms = {term.pointer: term.bytes for term in plan(parse_experiment(data)).memory}
    assert terms["/modalities/read/features/model"] == 4 * 9 * 8


def test_a_pickle_is_refused_as_the_experiment_is_posted(bert: str) -> None:
    Path(bert, "model.safetensors").rename(Path(bert, "pytorch_model.bin"))
    words = {"features": {"kind": "pretrained", "model": bert}}
    data = asked({"read": "text", "seen": "image"}, modalities={"read": words, "seen": {}})
    ((where, detail),) = problems(data)
    assert where == "/modalities/read/features/model"
    assert "a pickle, which runs whatever is in it" in detail


def test_specs_of_features_need_no_torch() -> None:
    code = (
        "import synib.spec, sys; print({'torch', 'transformers', 'torchaudio', 'numpy'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"
