"""All pages. A package with more of them adds its router here."""

from fastapi import APIRouter

from app.dashboard import (
    analyses,
    assets,
    compose,
    crossing,
    datasets,
    experiments,
    health,
    models,
    overview,
    runs,
    settings,
    sign_in,
)
from app.dashboard.report import comparison, download, pages

ROUTERS: tuple[APIRouter, ...] = (
    assets.router,
    sign_in.router,
    overview.router,
    compose.router,
    experiments.router,
    runs.router,
    datasets.router,
    models.router,
    crossing.router,
    analyses.router,
    settings.router,
    health.router,
    pages.router,
    comparison.router,
    download.router,
)
