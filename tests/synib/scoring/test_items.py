"""Images and recordings of new examples become the numbers that training made of them."""

from pathlib import Path

import numpy as np
import pytest

from synib.evaluation.evaluate import ask, tell
from synib.features import prepare
from synib.scoring import Scorer, kit_of
from synib.scoring.items import Unreadable, features_of
from synib.spec import parse_experiment
from synib.training import train
from tests.synib.features.examples import asked, dataset, images
from tests.synib.scoring.media_kits import RATE, png, wav


def test_files_are_scored_as_the_same_examples_of_the_data_set(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    seen = images(36)
    heard = [(0.3 * rng.standard_normal(900)).clip(-1, 1).astype(np.float32) for _ in range(36)]
    data = dataset(heard=("audio", heard), seen=("image", seen))
    experiment = parse_experiment(
        asked(
            {"heard": "audio", "seen": "image"},
            modalities={
                "heard": {"features": {"kind": "log_mel", "rate": RATE, "seconds": 0.1, "mels": 8}},
                "seen": {"features": {"kind": "pixels", "size": 4, "channels": 1}},
            },
            training={"epochs": 1},
            evaluation={"donors": 2, "resamples": 100},
        )
    )
    ready = prepare(data, experiment)
    model = train(experiment, 0, 0, ready)
    answers = ask(model, ready, experiment)
    report, _ = tell(answers, model, ready, experiment, 0, 0)
    kit_of(model, ready, experiment, 0, answers, report).save(tmp_path, model)
    scorer = Scorer.load(tmp_path)
    assert scorer.card.shapes["seen"] == [1, 4, 4]
    rows = [2, 5, 8]
    x = {
        "heard": features_of(scorer.extractors["heard"], [wav(heard[row]) for row in rows]),
        "seen": features_of(scorer.extractors["seen"], [png(seen[row]) for row in rows]),
    }
    for name, values in x.items():
        assert values == pytest.approx(ready.x[name][rows], abs=1e-5, nan_ok=True)
    expected = scorer.score({name: ready.x[name][rows] for name in x})
    assert scorer.score(x).subset_p == pytest.approx(expected.subset_p, abs=1e-5)
    lacking = features_of(scorer.extractors["seen"], [None, png(seen[2])])
    assert np.isnan(lacking[0]).all()
    assert not np.isnan(lacking[1]).any()
    for content, detail in (
        (b"GIF89a", "is no PNG or JPEG image"),
        (png(seen[0])[:60], "image|truncated|cut"),
        (wav(heard[0]), "image"),
    ):
        with pytest.raises(Unreadable, match=detail) as refused:
            features_of(scorer.extractors["seen"], [png(seen[0]), content])
        assert refused.value.place == 1
