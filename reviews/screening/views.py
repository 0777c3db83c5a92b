"""Pages: independent decisions, conflicts and outcomes."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from reviews.protocol.access import member_can
from reviews.protocol.models import Review


@member_can("view")
def overview(request: HttpRequest, review: Review) -> HttpResponse:
    return render(request, "screening/overview.html", {"review": review})
