"""A problem as a page, or as the part of a page that was asked for; in the words that the API uses."""

from collections.abc import Mapping
from urllib.parse import urlencode

from fastapi import Request, Response
from fastapi.responses import RedirectResponse

from app.dashboard.templating import asks_for_page, is_fragment, render
from app.errors import Problem

SIGN_IN = "/sign-in"


def wanted(request: Request) -> bool:
    """Whether who asked reads pages."""
    return asks_for_page(request.headers, request.url.path)


def page(request: Request, problem: Problem, headers: Mapping[str, str]) -> Response:
    """The problem told; who has not signed in is led to where that is done."""
    told = {**problem.headers, **headers}
    if problem.status == 401 and request.url.path != SIGN_IN:
        back = request.url.path + (f"?{request.url.query}" if request.url.query else "")
        where = f"{SIGN_IN}?{urlencode({'next': back if request.method == 'GET' else '/'})}"
        if is_fragment(request):
            return Response(status_code=401, headers={"HX-Redirect": SIGN_IN})
        return RedirectResponse(where, 303)
    template = "_problem.html" if is_fragment(request) else "problem.html"
    return render(request, template, status=problem.status, headers=told, problem=problem)
