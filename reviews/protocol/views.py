"""Pages: the review, its question and rules, and who may do what in it."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from reviews.core.http import no_review
from reviews.protocol.access import member_can
from reviews.protocol.models import Review


@no_review
def front_door(request: HttpRequest) -> HttpResponse:
    return redirect("home")


@no_review
def my_reviews(request: HttpRequest) -> HttpResponse:
    """List the reviews this person is a member of."""
    reviews = Review.objects.of_member(request.user).order_by("-id")
    return render(request, "protocol/my_reviews.html", {"reviews": reviews})


@no_review
def new_review(request: HttpRequest) -> HttpResponse:
    return render(request, "protocol/new_review.html", {})


@no_review
def accept_invitation(request: HttpRequest, token: str) -> HttpResponse:
    return render(request, "protocol/invitation.html", {"token": token})


@member_can("view")
def overview(request: HttpRequest, review: Review) -> HttpResponse:
    return render(request, "protocol/overview.html", {"review": review})


@member_can("view")
def team(request: HttpRequest, review: Review) -> HttpResponse:
    return render(request, "protocol/team.html", {"review": review})
