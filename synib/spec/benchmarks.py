"""The paper's benchmarks: recipes for data that whoever holds them has in files of their own.

Files are read to know shapes and counts, without torch, by `synib.benchmarks`. Relative paths begin at
``$SYNIB_DATA``, and a service takes only what is below that folder.
"""

from typing import Annotated, Final, Literal

from pydantic import Field

from synib.spec.base import DataInfo, Fraction, Seed, Spec

LocalPath = Annotated[str, Field(min_length=1, max_length=1000, pattern=r"^[^\x00-\x1f]+$")]

EMOTIONS: Final = ("neutral", "happy", "sad", "fear", "disgust", "anger")
"""Of CREMA-D, in the order of the paper's labels."""
Emotion = Literal["neutral", "happy", "sad", "fear", "disgust", "anger"]
Negative = Literal["sad", "fear", "disgust", "anger"]


MultiBenchName = Literal["mosi", "ur_funny", "mustard"]


class MultiBench(Spec):
    """MOSI, UR-Funny or MUStARD from MultiBench: series of vision, audio and words, with the original split.

    `synib convert multibench FILE OUT.npz --benchmark …` makes the file, with the paper's labels (of MOSI,
    score > 0 is positive) and its rules of what is dropped. Words are vectors (GloVe). The paper uses vision
    and words.
    """

    kind: Literal["multibench"] = "multibench"
    benchmark: MultiBenchName
    """Which; the file must be of it."""
    file: LocalPath
    """The converted file, `.npz`."""

    def info(self) -> DataInfo:
        from synib.benchmarks import multibench  # noqa: PLC0415 - reads files
        from synib.benchmarks.places import under  # noqa: PLC0415

        with under("/dataset"):
            return multibench.info(self)


class HatefulMemes(Spec):
    """Hateful Memes from Meta's folder: train.jsonl, dev_unseen.jsonl, test_seen.jsonl and img/.

    Trained on train, validated on dev_unseen, tested on test_seen, as in the paper.
    """

    kind: Literal["hateful_memes"] = "hateful_memes"
    folder: LocalPath
    """The folder, as it is unpacked."""
    images: Annotated[str, Field(pattern=r"^[A-Za-z0-9_.-]+$")] = "img"
    """Its folder of images, such as one without the captions in them."""

    def info(self) -> DataInfo:
        from synib.benchmarks import hateful_memes  # noqa: PLC0415
        from synib.benchmarks.places import under  # noqa: PLC0415

        with under("/dataset"):
            return hateful_memes.info(self)


class MosiFeatures(Spec):
    """CMU-MOSI by the published features of bc-LSTM: vectors of text (100), audio (73) and video (100).

    Sentiment of an utterance, score >= 0 is positive. Validation examples are whole videos of the training
    part. The features of text and video were learned with the labels of the training part, so a model knows
    the training and validation examples better than it will ever know others.
    """

    kind: Literal["mosi_features"] = "mosi_features"
    folder: LocalPath
    """Has features/text_train.csv, text_test.csv, transcripts.csv, and audio and video alike."""
    partition: Literal["bc_lstm", "standard"] = "bc_lstm"
    """bc_lstm: that of the features, 62 videos to learn from and 31 to test. standard is refused: the
    features have seen the labels of most of its test examples."""
    validation: Fraction = 0.15
    """Share of the training part's videos to stop early, select and calibrate on."""
    seed: Seed = 0
    """Seed of which videos these are; the test part is the same for all."""

    def info(self) -> DataInfo:
        from synib.benchmarks import mosi_features  # noqa: PLC0415
        from synib.benchmarks.places import under  # noqa: PLC0415

        with under("/dataset"):
            return mosi_features.info(self)


class MustardText(Spec):
    """MUStARD's sarcasm in text: the utterance, and what was said before it, as two modalities of words.

    690 utterances in the authors' five folds, which are speaker-dependent.
    """

    kind: Literal["mustard_text"] = "mustard_text"
    folder: LocalPath
    """Has sarcasm_data.json and split_indices.p."""
    fold: Annotated[int, Field(ge=1, le=5)] = 1
    """Which of the stored folds is test."""
    validation: Fraction = 0.15
    """Share of the fold's training part to stop early, select and calibrate on, class by class."""
    seed: Seed = 0
    """Seed of which these are; the test part is the fold's."""

    def info(self) -> DataInfo:
        from synib.benchmarks import mustard_text  # noqa: PLC0415
        from synib.benchmarks.places import under  # noqa: PLC0415

        with under("/dataset"):
            return mustard_text.info(self)


class CremaD(Spec):
    """CREMA-D: clips of actors who speak a sentence with an intended emotion; voice as audio, face as image.

    The paper averages three frames of a clip; here the face is one of them.
    """

    kind: Literal["crema_d"] = "crema_d"
    folder: LocalPath
    """Has AudioWAV/<clip>.wav and a folder of frames, <clip>.jpg or <clip>/<number>.jpg (or .png)."""
    frames: Annotated[str, Field(pattern=r"^[A-Za-z0-9_.-]+$")] = "Image-01-FPS"
    """The folder of frames."""
    frame: Literal["first", "middle", "last"] = "middle"
    """Which frame of a clip, by the order of their names."""
    folds: LocalPath | None = None
    """The authors' folds as JSON, {fold: {train, val, test: [clip.wav-…]}}; none draws 63 actors to learn
    from, 14 to validate and 14 to test, by the seed."""
    fold: Annotated[int, Field(ge=1, le=5)] = 1
    """Which of the authors' folds."""
    seed: Seed = 0
    """Seed of the actors, where there are no folds."""

    def info(self) -> DataInfo:
        from synib.benchmarks import crema_d  # noqa: PLC0415
        from synib.benchmarks.places import under  # noqa: PLC0415

        with under("/dataset"):
            return crema_d.info(self)


class CremaDVotes(Spec):
    """CREMA-D as people judged it: shares of six emotions among those who only heard, or only saw, a clip.

    The label is the emotion that the actor intended.
    """

    kind: Literal["crema_d_votes"] = "crema_d_votes"
    folder: LocalPath
    """Has tabulatedVotes.csv."""
    folds: LocalPath | None = None
    """The authors' folds as JSON, {fold: {train, val, test: [clip.wav-…]}}; none draws 63 actors to learn
    from, 14 to validate and 14 to test, by the seed."""
    fold: Annotated[int, Field(ge=1, le=5)] = 1
    """Which of the authors' folds."""
    seed: Seed = 0
    """Seed of the actors, where there are no folds."""

    def info(self) -> DataInfo:
        from synib.benchmarks import crema_d  # noqa: PLC0415
        from synib.benchmarks.places import under  # noqa: PLC0415

        with under("/dataset"):
            return crema_d.info(self)


Alpha = Annotated[float, Field(gt=0, le=6)]


class AnyDonors(Spec):
    """The published rule: the voice is that of any clip of the split whose emotion contradicts the face.

    What tells the class is not emotion alone: the voice is of another speaker or sentence, and some emotions
    are voices of irony more often than not.
    """

    kind: Literal["any"] = "any"
    alpha: Alpha = 1.0
    """Examples of irony, by the mean size of a class; a split's share of irony is a sixth of it."""


class MatchedDonors(Spec):
    """The published rule among clips of one speaker and one sentence: no mismatch but the emotion's.

    Each modality alone still tells something: which emotions are voices of irony more often than not.
    """

    kind: Literal["matched"] = "matched"
    alpha: Alpha = 1.0
    """Examples of irony, by the mean size of a class; a split's share of irony is a sixth of it."""


class BalancedDonors(Spec):
    """Pairs of a happy and a negative clip of one speaker and one sentence, whole and with voices exchanged.

    Each voice and each face is in one example of irony and in one without, so neither tells anything of
    irony, exactly, whatever can be perceived in it. Other clips are left out. In media, exchanged voices do
    not follow the lips: that, too, is a combination of both, but not one of emotions.
    """

    kind: Literal["balanced"] = "balanced"


class Irony(Spec):
    """The paper's irony extension of CREMA-D: a face and a voice whose emotions contradict each other.

    Happy contradicts the negative emotions and they contradict it; beside a neutral face any other voice does
    (not with balanced donors). Faces are kept and voices exchanged within a split.
    """

    kind: Literal["irony"] = "irony"
    clips: Annotated[CremaD | CremaDVotes, Field(discriminator="kind")]
    """What is extended."""
    donors: Annotated[AnyDonors | MatchedDonors | BalancedDonors, Field(discriminator="kind")] = (
        BalancedDonors()
    )
    """Whose voices are taken: any, matched, or balanced."""
    negative: Annotated[list[Negative], Field(min_length=1, max_length=4)] = [
        "sad",
        "fear",
        "disgust",
        "anger",
    ]
    """What contradicts happy. Listeners tell anger from joy better than other emotions."""
    label: Literal["emotions", "irony"] = "irony"
    """irony: irony or not. emotions: the emotion, or irony, seven classes as in the paper."""
    seed: Seed = 0
    """Seed of what is exchanged in training and validation; in test it is the same for all seeds."""

    def info(self) -> DataInfo:
        from synib.benchmarks import irony  # noqa: PLC0415
        from synib.benchmarks.places import under  # noqa: PLC0415

        with under("/dataset"):
            return irony.info(self)
