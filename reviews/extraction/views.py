"""Pages: cohorts and 2x2 tables, drafted by extractors and agreed."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from reviews.protocol.access import member_can
from reviews.protocol.models import Review


@member_can("view")
def studies(request: HttpRequest, review: Review) -> HttpResponse:
    return render(request, "extraction/studies.html", {"review": review})
