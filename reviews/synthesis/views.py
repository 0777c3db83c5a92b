"""Pages: analysis plans and runs."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from reviews.protocol.access import member_can
from reviews.protocol.models import Review


@member_can("view")
def plans(request: HttpRequest, review: Review) -> HttpResponse:
    return render(request, "synthesis/plans.html", {"review": review})
