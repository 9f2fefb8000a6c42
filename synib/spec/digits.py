"""The recipe of spoken and written digits."""

from typing import Annotated, Literal

from pydantic import Field

from synib.spec.base import DataInfo, Seed, Spec

Pairs = Annotated[int, Field(ge=4, le=1_000_000, multiple_of=4)]


class DigitsSeenHeard(Spec):
    """A recording of a digit beside the image of another: Free Spoken Digit Dataset and MNIST's test half.

    `heard` are recordings of 8,000 samples a second, `seen` are images of 28 × 28 grey levels. They are
    looked for in `$SYNIB_DATA`, else in ../shared/data: `fsdd/recordings/{digit}_{speaker}_{index}.wav`,
    `mnist-t10k/t10k-images-idx3-ubyte.gz` and `t10k-labels-idx1-ubyte.gz`. No recording and no image is in
    two splits. Pairs come in fours, two recordings with each of two images, so that what each of a pair says
    alone is known exactly.
    """

    kind: Literal["digits_seen_heard"] = "digits_seen_heard"
    label: Literal["parity_differs", "heard_only", "seen_only", "same_digit_both", "and", "sum"] = (
        "parity_differs"
    )
    """parity_differs: 1 bit of pure synergy. heard_only, seen_only: parity of one digit, unique to it.
    same_digit_both: parity of the digit that both show, redundant. and: both odd. sum: 19 classes."""
    speakers: Literal["official", "held_out"] = "official"
    """official: recordings 0 to 4 of each speaker and digit are test, a ninth of the others validation.
    held_out: one speaker, drawn by the seed, is only in test, another only in validation."""
    train: Pairs = 3000
    """Training pairs; a multiple of four. There are 2,400 recordings and 7,000 images for them."""
    validation: Pairs = 1000
    """Validation pairs."""
    test: Pairs = 2000
    """Test pairs, from 300 recordings (held_out: 500) and 2,000 images."""
    seed: Seed = 0
    """Seed of the images' split, of the validation recordings or the speakers held out, and of pairing."""

    def info(self) -> DataInfo:
        parity, differs = ("even", "odd"), ("same parity", "parity differs")
        names = {
            "parity_differs": differs,
            "heard_only": parity,
            "seen_only": parity,
            "same_digit_both": parity,
            "and": ("not both odd", "both odd"),
            "sum": tuple(str(total) for total in range(19)),
        }
        return DataInfo(
            shapes={},
            media={"heard": "audio", "seen": "image"},
            classes=names[self.label],
            counts={"train": self.train, "validation": self.validation, "test": self.test},
        )
