"""Data that people bring: tables, arrays and archives of media become a folder that trainings read.

One label an example, two to five modalities. Any of them may be missing in a row. Whatever is wrong is
told with its column, its rows and what would be right; nothing is kept of what is refused.
"""

from synib.problems import TableError
from synib.uploads.convert import OnProgress, convert
from synib.uploads.formats import FORMATS, Format, sniff
from synib.uploads.limits import Limits
from synib.uploads.profile import Profile

__all__ = ["FORMATS", "Format", "Limits", "OnProgress", "Profile", "TableError", "convert", "sniff"]
