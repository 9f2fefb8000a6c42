"""What a run, an analysis and an experiment say: the numbers, each with its interval, null and control.

Plain data, free of torch; the library fills it, the service stores and serves it. Information is in bits.
"""

from synib.report.agreement import Agreement, Explanation, Sees, Verdict, Voice
from synib.report.base import Data, Estimate, Null
from synib.report.calibration import CalibrationReport, SubsetCalibration
from synib.report.card import Card, ProfileLimits, Standing, Worth
from synib.report.certificate import Certificate, CheckResult
from synib.report.comparison import (
    Attribution,
    Code,
    Comparison,
    MethodVerdict,
    MetricRow,
    MetricTable,
    PairedTest,
    Where,
)
from synib.report.games import GamesReport, LatticeReport
from synib.report.measure import Measure, Solver, Unit
from synib.report.provenance import Provenance
from synib.report.robustness import MissingReport, NoiseReport, RemovalReport
from synib.report.run import (
    AloneReport,
    Calibration,
    Discordant,
    Report,
    SourceReport,
    SubsetReport,
    SynergyReport,
    Truth,
)
from synib.report.scored import OutOfProfile, ScoredExample, ScoredHead, ScoredSubset
from synib.report.subset import ControlledSubset, SynergySubsets
from synib.report.tuning import Trial, TuningReport

__all__ = [
    "Agreement",
    "AloneReport",
    "Attribution",
    "Calibration",
    "CalibrationReport",
    "Card",
    "Certificate",
    "CheckResult",
    "Code",
    "Comparison",
    "ControlledSubset",
    "Data",
    "Discordant",
    "Estimate",
    "Explanation",
    "GamesReport",
    "LatticeReport",
    "Measure",
    "MethodVerdict",
    "MetricRow",
    "MetricTable",
    "MissingReport",
    "NoiseReport",
    "Null",
    "OutOfProfile",
    "PairedTest",
    "ProfileLimits",
    "Provenance",
    "RemovalReport",
    "Report",
    "ScoredExample",
    "ScoredHead",
    "ScoredSubset",
    "Sees",
    "Solver",
    "SourceReport",
    "Standing",
    "SubsetCalibration",
    "SubsetReport",
    "SynergyReport",
    "SynergySubsets",
    "Trial",
    "Truth",
    "TuningReport",
    "Unit",
    "Verdict",
    "Voice",
    "Where",
    "Worth",
]
