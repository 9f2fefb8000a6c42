"""Training is the same whoever watches and however often it is interrupted."""

from pathlib import Path
from typing import Any

import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from safetensors.torch import load_file

from synib import spec
from synib.data import load
from synib.models import MultimodalClassifier, moments_of
from synib.training import (
    CheckpointMismatch,
    CorruptCheckpoint,
    Diverged,
    EpochMetrics,
    Interrupted,
    Trained,
    checkpoint,
    train,
)
from synib.training.state import State
from tests.synib.examples import SMALL, experiment
from tests.synib.runs import StopAt, same, weights

DATA = {"kind": "gaussian_xor", "examples": 300, "dims": 3, "mu": 2.0}


def run(asked: spec.Experiment, method: int = 1, seed: int = 0, **how: Any) -> Trained:
    return train(asked, method, seed, load(asked.dataset), **how)


def test_synib_with_weight_zero_is_vanilla_bit_for_bit() -> None:
    mask = {"kind": "random", "fill": "noise"}
    asked = experiment(
        methods=[
            {"kind": "vanilla"},
            {"kind": "synib", "weight": 0, "mask": mask},
            {"kind": "synib", "name": "on"},
        ]
    )
    vanilla, zero, on = (run(asked, method) for method in range(3))
    assert same(weights(vanilla), weights(zero))
    assert vanilla.history == zero.history
    assert not same(weights(vanilla), weights(on))


def test_every_method_starts_from_the_same_weights_and_sees_the_same_order() -> None:
    # With a step size that moves nothing, what is left is initialisation and data.
    asked = experiment(training={"epochs": 1, "batch_size": 64, "lr": 1e-30})
    vanilla, synib = run(asked, 0), run(asked, 1)
    assert same(weights(vanilla), weights(synib))
    assert vanilla.history[0].values["train/task"] == pytest.approx(
        synib.history[0].values["train/task"], rel=1e-6
    )


def test_two_steps_are_those_of_a_loop_written_out_in_torch() -> None:
    # A loop that forgets to clear its gradients makes the second step of both batches' sum.
    dataset = load(experiment().dataset)
    rows = int((dataset.split == "train").sum())
    once = {"epochs": 1, "batch_size": -(-rows // 2), "lr": 0.01, "weight_decay": 0.0, "optimizer": "adam"}
    heads = {"weight": 0.0}
    asked = experiment(training=once | {"keep": "last"}, unimodal_heads=heads)
    state = State(asked.resolved(), 0, 0, dataset, "cpu")
    adam = torch.optim.Adam([p for p in state.model.parameters() if p.requires_grad], lr=0.01)
    x, y = state.train
    state.model.train()
    for batch in list(state.batches_left("cpu")):
        adam.zero_grad()
        logits = state.model({name: values[batch] for name, values in x.items()})
        torch.nn.functional.cross_entropy(logits, y[batch]).backward()
        adam.step()
    expected = state.model.state_dict()
    for name, found in weights(run(asked, 0)).items():
        torch.testing.assert_close(found, expected[name], rtol=1e-4, atol=1e-6)


def test_training_learns_and_reports_what_it_did() -> None:
    asked = experiment(
        dataset={"kind": "noisy_xor", "epsilon": 0.0, "examples": 1000}, training={"epochs": 15, "lr": 0.02}
    )
    heard: list[EpochMetrics] = []
    trained = run(asked, seed=1, on_epoch=heard.append)
    assert trained.history == heard
    last = heard[-1]
    assert last.step == trained.steps == 5 * trained.epochs  # 600 examples, batches of 128
    assert set(last.values) == {
        "train/loss",
        "train/task",
        "train/penalty",
        "train/heads",
        "train/corrupted",
        "validation/nll",
        "validation/accuracy",
    }
    assert last.values["validation/accuracy"] == 1
    assert last.values["train/corrupted"] == 1
    parts = last.values["train/task"] + last.values["train/penalty"] + last.values["train/heads"]
    assert last.values["train/loss"] == pytest.approx(parts, rel=1e-6)
    assert last.values["train/heads"] == pytest.approx(
        0.693147, abs=0.02
    )  # one bit of the parity alone says nothing
    assert not trained.model.training


def test_the_best_epoch_is_kept_and_patience_ends_the_run() -> None:
    asked = experiment(dataset=DATA, training={"epochs": 200, "lr": 0.05, "early_stopping": {"patience": 3}})
    trained = run(asked, 0)
    nll = [epoch.values["validation/nll"] for epoch in trained.history]
    assert trained.best_epoch == 1 + nll.index(min(nll))
    assert trained.epochs == trained.best_epoch + 3 < 200
    shorter = asked.model_copy(
        update={"training": asked.training.model_copy(update={"epochs": trained.best_epoch})}
    )
    assert same(weights(run(shorter, 0)), weights(trained))


def test_the_global_generator_is_left_alone() -> None:
    before = torch.get_rng_state()
    run(experiment(dataset=DATA, modalities={"x1": {"encoder": SMALL | {"dropout": 0.2}}, "x2": {}}))
    assert torch.equal(torch.get_rng_state(), before)


def test_saved_weights_are_a_model_again(tmp_path: Path) -> None:
    asked = experiment(dataset=DATA)
    trained = run(asked)
    trained.save_weights(tmp_path / "weights.safetensors")
    model = MultimodalClassifier(asked, asked.dataset.info(), seed=99)
    model.load_state_dict(load_file(tmp_path / "weights.safetensors"))
    x = {name: torch.from_numpy(values) for name, values in load(asked.dataset).x.items()}
    assert torch.equal(model.eval()(x), trained.model(x))
    assert [path.name for path in tmp_path.iterdir()] == ["weights.safetensors"]


def test_moments_are_of_the_training_examples_per_coordinate_or_per_image() -> None:
    asked = experiment(dataset=DATA)
    dataset = load(asked.dataset)
    kept = run(asked).model.moments["x1"]
    torch.testing.assert_close(kept.mean, torch.from_numpy(dataset.select("train").x["x1"].mean(0)))
    torch.testing.assert_close(kept.std, torch.from_numpy(dataset.select("train").x["x1"].std(0)))
    digits = load(spec.PairedDigits(examples=100)).x
    image = moments_of(digits)["left"]
    assert image.mean.shape == (1, 8, 8)
    assert image.std.shape == ()
    constant = moments_of(
        {"a": digits["left"][:1].repeat(5, 0), "b": digits["left"][:1].repeat(5, 0).reshape(5, 64)}
    )
    assert (constant["a"].std == 1).all()
    assert (constant["b"].std == 1).all()


# ---------------------------------------------------------------------------------------- interruption

METHODS = [
    {"kind": "vanilla"},
    {"kind": "synib", "mask": {"kind": "random", "fill": "noise"}},
    {"kind": "synib", "name": "token", "mask": {"kind": "full", "fill": "token"}},
    {"kind": "synib", "name": "shuffle", "mask": {"kind": "random", "fill": "shuffle", "on": "latent"}},
]


def interruptible(optimizer: str = "adam") -> spec.Experiment:
    """3 steps an epoch, 4 epochs, dropout everywhere, every kind of state."""
    dropping = {"encoder": SMALL | {"dropout": 0.1}}
    return experiment(
        dataset=DATA,
        modalities={"x1": dropping, "x2": dropping},
        fusion={"kind": "concat", "hidden": 8, "dropout": 0.2},
        methods=METHODS,
        training={
            "epochs": 4,
            "batch_size": 64,
            "lr": 0.02,
            "optimizer": optimizer,
            "weight_decay": 1e-3,
            "early_stopping": {"patience": 2},
        },
    )


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    optimizer=st.sampled_from(["adam", "adamw", "sgd"]),
    method=st.integers(0, 3),
    stops=st.lists(st.integers(0, 11), min_size=1, max_size=3),
)
def test_an_interrupted_run_ends_bit_for_bit_like_an_undisturbed_one(
    tmp_path_factory: pytest.TempPathFactory, optimizer: str, method: int, stops: list[int]
) -> None:
    asked = interruptible(optimizer)
    undisturbed = run(asked, method, seed=3)
    path = tmp_path_factory.mktemp("run") / "checkpoint.safetensors"
    for stop in stops:
        try:
            run(asked, method, seed=3, checkpoint=path, should_stop=StopAt(stop))
        except Interrupted:
            torch.rand(7)  # the world goes on
    heard: list[EpochMetrics] = []
    resumed = run(asked, method, seed=3, checkpoint=path, on_epoch=heard.append)
    assert same(weights(resumed), weights(undisturbed))
    assert resumed.history == undisturbed.history == heard
    assert (resumed.best_epoch, resumed.epochs, resumed.steps) == (
        undisturbed.best_epoch,
        undisturbed.epochs,
        undisturbed.steps,
    )
    assert [file.name for file in path.parent.iterdir()] == [path.name]


def test_an_interruption_keeps_every_step(tmp_path: Path) -> None:
    path, asked = tmp_path / "checkpoint", interruptible()
    with pytest.raises(Interrupted, match="before step 7"):
        run(asked, checkpoint=path, should_stop=StopAt(6))
    stop_at_once = StopAt(0)
    with pytest.raises(Interrupted, match="before step 7"):
        run(asked, checkpoint=path, should_stop=stop_at_once)


def test_a_finished_run_is_not_trained_again(tmp_path: Path) -> None:
    path, asked = tmp_path / "checkpoint", interruptible()
    first = run(asked, checkpoint=path)
    again = run(asked, checkpoint=path, should_stop=lambda: pytest.fail("no step is left to ask before"))
    assert same(weights(first), weights(again))


@pytest.mark.parametrize(
    ("change", "names"), [({"seed": 1}, "seed"), ({"method": 0}, "method"), ({}, "spec")]
)
def test_the_checkpoint_of_another_run_is_refused(tmp_path: Path, change: dict[str, int], names: str) -> None:
    path, asked = tmp_path / "checkpoint", interruptible()
    run(asked, method=1, seed=0, checkpoint=path)
    other = asked if change else interruptible("sgd")
    with pytest.raises(CheckpointMismatch, match=f"its {names} is .* use another path"):
        run(other, **({"method": 1, "seed": 0} | change), checkpoint=path)


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(where=st.floats(0, 1, exclude_max=True), torn=st.booleans())
def test_a_torn_or_altered_checkpoint_is_refused(
    checkpointed: bytes, tmp_path_factory: pytest.TempPathFactory, where: float, torn: bool
) -> None:
    path = tmp_path_factory.mktemp("torn") / "checkpoint"
    at = int(where * len(checkpointed))
    altered = bytes([checkpointed[at] ^ 0x10])
    path.write_bytes(checkpointed[:at] if torn else checkpointed[:at] + altered + checkpointed[at + 1 :])
    with pytest.raises(CorruptCheckpoint, match="delete it to start over"):
        run(interruptible(), checkpoint=path)


@pytest.fixture(scope="module")
def checkpointed(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    path = tmp_path_factory.mktemp("whole") / "checkpoint"
    run(interruptible(), checkpoint=path)
    return path.read_bytes()


def test_a_diverged_run_says_what_to_lower(tmp_path: Path) -> None:
    asked = experiment(training={"epochs": 3, "optimizer": "sgd", "lr": 10, "weight_decay": 10})
    with pytest.raises(Diverged, match=r"lower training.lr \(it is 10\)"):
        run(
            asked.model_copy(
                update={"training": asked.training.model_copy(update={"epochs": 500, "early_stopping": None})}
            )
        )


def test_equal_weights_are_equal_files(tmp_path):
    files = [tmp_path / f"{number}.safetensors" for number in range(8)]
    for file in files:
        checkpoint.write(file, {"a": torch.ones(3), "b": torch.zeros(2)}, {"best_epoch": 1})
    assert len({file.read_bytes() for file in files}) == 1
