"""Pages: qUADAS instruments, ratings and consensus."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from reviews.protocol.access import member_can
from reviews.protocol.models import Review


@member_can("view")
def matrix(request: HttpRequest, review: Review) -> HttpResponse:
    return render(request, "quality/matrix.html", {"review": review})
