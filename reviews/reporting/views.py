"""Pages: the PRISMA flow, exports, activity."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from reviews.core.http import no_review
from reviews.protocol.access import member_can
from reviews.protocol.models import Review


@member_can("view")
def review_home(request: HttpRequest, review: Review) -> HttpResponse:
    """Show the PRISMA flow diagram and what waits for this member."""
    return render(request, "reporting/home.html", {"review": review})


@member_can("view")
def writeup(request: HttpRequest, review: Review) -> HttpResponse:
    return render(request, "reporting/writeup.html", {"review": review})


@member_can("view")
def activity(request: HttpRequest, review: Review) -> HttpResponse:
    return render(request, "reporting/activity.html", {"review": review})


@no_review
def my_reviews(request: HttpRequest) -> HttpResponse:
    """List the reviews this person is a member of."""
    reviews = Review.objects.of_member(request.user).order_by("-id")
    return render(request, "protocol/my_reviews.html", {"reviews": reviews})
