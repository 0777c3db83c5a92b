"""Pages: sources, searches, import batches and records."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from reviews.protocol.access import member_can
from reviews.protocol.models import Review


@member_can("view")
def index(request: HttpRequest, review: Review) -> HttpResponse:
    return render(request, "searches/list.html", {"review": review})
