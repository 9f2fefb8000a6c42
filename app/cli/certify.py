"""The command that holds the estimators on this machine against known values."""

from typing import TYPE_CHECKING

import typer
from rich.console import Console
from rich.markup import escape

from app.cli.failures import CommandFailed
from app.cli.root import Json, app, session

if TYPE_CHECKING:
    from synib.report import Certificate, CheckResult


@app.command(rich_help_panel="Run the service")
def certify(context: typer.Context, as_json: Json = False) -> None:
    """Hold every estimator against known values; reports then say that this very code is certified."""
    from synib import certification  # noqa: PLC0415 - numpy and scipy, which --help does not need

    here = session(context)
    certificate = certification.certify()
    here.show(certificate, as_json, _certificate)
    try:
        kept = f"Kept in {certification.keep(certificate)}"
    except OSError as error:
        # In an image, whoever built it has kept it where its user cannot write.
        known = certification.certificate_of_this_code()
        if known is None or known.passed != certificate.passed:
            raise CommandFailed(
                f"the certificate cannot be kept: {error}; "
                "set SYNIB_CERTIFICATES to a folder that can be written"
            ) from None
        kept = "This very code is certified already."
    if not certificate.passed:
        raise CommandFailed(
            f"{len(certificate.failures)} of {len(certificate.checks)} known values are missed"
        )
    if not as_json:
        here.console.print(escape(kept), soft_wrap=True)


def _certificate(console: Console, made: "Certificate") -> None:
    from app.cli.sheets import Sheet  # noqa: PLC0415

    versions = dict.fromkeys(check.estimator for check in made.checks)
    rows = [_row(name, [check for check in made.checks if check.estimator == name]) for name in versions]
    title = f"{len(made.checks)} known values in {made.seconds:.1f} s, code {made.digest[:12]}"
    Sheet(title, ["estimator", "values", "furthest off", "allowed", "seconds"], rows).print_to(console)
    for check in made.failures:
        said = check.error or f"{_numbers(check.got or [])} instead of {_numbers(check.expected)}"
        line = f"{check.estimator}, {check.name}: {said} (within {check.tolerance:g}; {check.source})"
        console.print(f"[bold]missed[/] {escape(line)}", soft_wrap=True)


def _row(name: str, checks: "list[CheckResult]") -> list[str]:
    """The furthest off is the one that comes closest to its tolerance."""
    known = [(check.off / check.tolerance, check.off, check) for check in checks if check.off is not None]
    _, off, worst = max(known, key=lambda one: one[0], default=(0.0, float("nan"), checks[0]))
    return [
        name,
        f"{sum(check.passed for check in checks)} of {len(checks)}",
        f"{off:.1e}",
        f"{worst.tolerance:.0e}",
        f"{sum(check.seconds for check in checks):.2f}",
    ]


def _numbers(values: list[float]) -> str:
    return ", ".join(f"{value:.6g}" for value in values)
