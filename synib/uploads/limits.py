"""How large what people bring may be."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Limits:
    """Most of each; a file beyond one is refused with the number. A service takes them from its settings."""

    rows: int = 5_000_000
    """Examples."""
    modalities: int = 5
    """Of an example; at least two there must be."""
    columns: int = 20_000
    """Columns of a table, or of an archive's metadata."""
    values: int = 1_000_000
    """Numbers of one example in one modality."""
    classes: int = 1000
    unpacked: int = 64 * 2**30
    """Bytes, when all that is compressed is unpacked."""
    batch: int = 256 * 2**20
    """Bytes of one compressed record batch of Arrow, unpacked: it can only be read whole."""
    files: int = 200_000
    """Files of an archive."""
    file: int = 512 * 2**20
    """Bytes of one of them, unpacked."""
    ratio: int = 200
    """Times that a compressed file of more than 1 MiB may grow when it is unpacked."""
    metadata: int = 512 * 2**20
    """Bytes of an archive's metadata."""
    pixels: int = 50_000_000
    """Of an image."""
    seconds: int = 3600
    """Of a recording."""
    characters: int = 100_000
    """Of a text that is a modality."""
