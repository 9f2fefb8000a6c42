"""Which lists an example's two arrays are made of.

Arrays cost by the piece: a row of nine takes a third longer to write than a row of two (docs/decisions/0007).
For people the views ``example_subset`` and ``example_modality`` give the same numbers by name.
"""

OF_SUBSETS = ("subset_confidence", "subset_p_true", "subset_entropy", "information")
OF_MODALITIES = ("head_confidence", "head_p_true", "unique")
SCORES = (*OF_SUBSETS, *OF_MODALITIES)
"""What ``example.scores`` is made of, list by list; subsets and modalities in the report's orders."""
CODES = ("subset_predicted", "head_predicted")
"""What ``example.codes`` is made of: places in the report's classes, one a subset, then one a modality."""


def places(subsets: int, modalities: int) -> dict[str, slice]:
    """Where each list stands in its array, counted from 0."""
    found = {name: slice(i * subsets, (i + 1) * subsets) for i, name in enumerate(OF_SUBSETS)}
    begin = len(OF_SUBSETS) * subsets
    for i, name in enumerate(OF_MODALITIES):
        found[name] = slice(begin + i * modalities, begin + (i + 1) * modalities)
    by_subset, by_head = CODES
    return found | {by_subset: slice(0, subsets), by_head: slice(subsets, subsets + modalities)}
