"""What files of a data set that is ready are called."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Folder:
    """Paths below its root."""

    root: Path

    @property
    def profile(self) -> Path:
        """`synib.uploads.profile.Profile` as JSON; written last."""
        return self.root / "profile.json"

    @property
    def arrays(self) -> Path:
        """``<modality>.npy``, float32 (N, *shape)."""
        return self.root / "arrays"

    def array(self, modality: str) -> Path:
        return self.arrays / f"{modality}.npy"

    def column(self, name: str) -> Path:
        """label (index into the classes), split (index into the splits), example_id, group. (N,)"""
        return self.root / f"{name}.npy"

    def media(self, modality: str) -> "MediaFolder":
        return MediaFolder(self.root / "media" / modality)


@dataclass(frozen=True)
class MediaFolder:
    """Paths of one modality."""

    root: Path

    @property
    def index(self) -> Path:
        """(N,) each example's item, -1 for none."""
        return self.root / "index.npy"

    @property
    def digests(self) -> Path:
        """(M,) sha256 of each item."""
        return self.root / "digests.npy"

    @property
    def names(self) -> Path:
        """(M,) of the files of images and recordings."""
        return self.root / "names.npy"

    @property
    def items(self) -> Path:
        """Folder of these files."""
        return self.root / "items"

    @property
    def texts(self) -> Path:
        """The texts, in Arrow's file format."""
        return self.root / "texts.arrow"
