"""Pages for one's own rating: start, rate domain by domain, complete."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST

from reviews.core.errors import DomainError, StaleEdit, shown_on
from reviews.protocol.access import member_can
from reviews.protocol.models import Review
from reviews.quality import pages, rules, services
from reviews.quality.forms import SheetForm
from reviews.quality.models import Rating
from reviews.quality.reading import own_rating, primary_report, studies_of


@require_POST
@member_can("rate")
def start(request: HttpRequest, review: Review, code: str, study_id: int) -> HttpResponse:
    study = get_object_or_404(studies_of(review), pk=study_id)
    pages.find_instrument(review, code)
    instrument = services.use_instrument(review, by=request.user, code=code)
    try:
        services.start_rating(study, instrument, by=request.user)
    except DomainError as error:
        messages.warning(request, str(error))
        return redirect("quality:matrix", review.pk)
    return redirect("quality:rate", review.pk, code, study_id)


@member_can("rate")
def rate_first(request: HttpRequest, review: Review, code: str, study_id: int) -> HttpResponse:
    """Go to the first domain that is not judged yet."""
    rating = _own(request, review, code, study_id)
    if rating is None:
        messages.info(request, "You have not started to rate this study. Start it here.")
        return redirect("quality:matrix", review.pk)
    sheet = services.sheets_of([rating], viewer=request.user)[rating.pk]
    found = pages.sections_for(rating, sheet, pages.test_names(review))
    if not found:
        raise Http404("Nothing to rate.")
    bias = [sheet.judgements.get(each.judgement_key(rules.BIAS), ("", ""))[0] for each in found]
    first = bias.index("") if "" in bias else 0
    return redirect(_address(rating, found[first]))


@member_can("rate")
def rate(
    request: HttpRequest,
    review: Review,
    code: str,
    study_id: int,
    domain: str,
    test_id: int | None = None,
) -> HttpResponse:
    rating = _own(request, review, code, study_id)
    if rating is None:
        return redirect("quality:rate", review.pk, code, study_id)
    page = _Page(request, review, rating, domain, test_id)
    if request.method != "POST":
        return page.shown(page.form(None))
    form = page.form(request.POST)
    if form.is_valid():
        try:
            with shown_on(form):
                return page.saved(form)
        except StaleEdit as error:
            return pages.stale_rating(request, form, error)
    return page.refused(form)


class _Page:
    """One domain of a rating, on its way through a request."""

    def __init__(
        self, request: HttpRequest, review: Review, rating: Rating, domain: str, test: int | None
    ) -> None:
        self.request, self.review, self.rating = request, review, rating
        self.names = pages.test_names(review)
        self.stored = False
        self.read()
        here = [s for s in self.sections if s.domain["code"] == domain and s.test == test]
        if not here:
            raise Http404("No such domain.")
        self.section = here[0]

    def read(self) -> None:
        found = services.sheets_of([self.rating], viewer=self.request.user)
        self.sheet = found[self.rating.pk]
        self.sections = pages.sections_for(self.rating, self.sheet, self.names)

    def form(self, data: Any) -> SheetForm:
        return SheetForm(
            data,
            definition=self.rating.instrument.definition,
            sections=[self.section],
            sheet=self.sheet,
            version=self.rating.version,
        )

    @property
    def next(self) -> rules.Section | None:
        following = self.sections[self.sections.index(self.section) + 1 :]
        return following[0] if following else None

    def saved(self, form: SheetForm) -> HttpResponse:
        """Store what was sent; go on if a button asked for it, else say that it is saved."""
        self.rating = services.save_rating(
            self.rating,
            by=self.request.user,
            version=form.cleaned_data["version"],
            answers=form.answers(),
            judgements=form.judgements(),
        )
        self.stored = True
        go = self.request.POST.get("go")
        if go == "complete":
            services.complete_rating(self.rating, by=self.request.user)
            messages.success(self.request, "Complete. Thank you.")
            return self.leave(reverse("quality:matrix", args=[self.review.pk]))
        if go == "next" and self.next:
            return self.leave(_address(self.rating, self.next))
        if self.request.headers.get("HX-Request"):
            self.read()
            return self.answer("quality/_saved.html", self.form(None))
        return redirect(_address(self.rating, self.section))

    def leave(self, url: str) -> HttpResponse:
        if self.request.headers.get("HX-Request"):
            return HttpResponse(status=204, headers={"HX-Redirect": url})
        return redirect(url)

    def refused(self, form: SheetForm) -> HttpResponse:
        """Show what was sent with the sentence; for htmx the sentence alone."""
        if self.request.headers.get("HX-Request"):
            sentences = [str(each) for errors in form.errors.values() for each in errors]
            context = {"message": " ".join(sentences), "version": self.version(form)}
            return render(self.request, "quality/_refused.html", context, status=422)
        return self.shown(form, status=422)

    def version(self, form: SheetForm) -> int:
        """Return the version to build on: what was sent, unless this request has stored it."""
        return self.rating.version if self.stored else form["version"].value()

    def shown(self, form: SheetForm, status: int = 200) -> HttpResponse:
        return self.answer("quality/rate.html", form, status=status)

    def answer(self, template: str, form: SheetForm, status: int = 200) -> HttpResponse:
        context = {
            "review": self.review,
            "rating": self.rating,
            "definition": self.rating.instrument.definition,
            "code": self.rating.instrument.code,
            "form": form,
            "version": self.version(form),
            "part": next(form.parts()),
            "here": self.section,
            "title": pages.title_of(self.section, self.names),
            "last": self.next is None,
            "steps": [self.step(section) for section in self.sections],
            "alone": self.review.raters == 1,
            "locked": self.rating.status == Rating.Status.COMPLETE,
            "now": timezone.now(),
            "report": primary_report(self.rating.study),
        }
        return render(self.request, template, context, status=status)

    def step(self, section: rules.Section) -> dict[str, Any]:
        """Return a line of the list of domains: how far it is, and its level."""
        official = [q for q in section.questions if not q["own"]]
        own = [q for q in section.questions if q["own"]]
        done = [
            sum(bool(self.sheet.answers.get(section.answer_key(q["item"]))) for q in each)
            for each in (official, own)
        ]
        words = f"{done[0]} of {len(official)} answered" if any(done) else "Not rated"
        if own and any(done):
            words = f"{done[0]} of {len(official)}, and {done[1]} of your own"
        return {
            "number": section.domain["number"],
            "name": pages.title_of(section, self.names),
            "url": _address(self.rating, section),
            "level": self.sheet.judgements.get(section.judgement_key(rules.BIAS), ("", ""))[0],
            "words": words,
            "current": section == self.section,
        }


@require_POST
@member_can("rate")
def complete(request: HttpRequest, review: Review, code: str, study_id: int) -> HttpResponse:
    services.complete_rating(_own_or_404(request, review, code, study_id), by=request.user)
    messages.success(request, "Complete. Thank you.")
    return redirect("quality:matrix", review.pk)


@require_POST
@member_can("rate")
def reopen(request: HttpRequest, review: Review, code: str, study_id: int) -> HttpResponse:
    services.reopen_rating(_own_or_404(request, review, code, study_id), by=request.user)
    return redirect("quality:rate", review.pk, code, study_id)


@require_POST
@member_can("rate")
def release(request: HttpRequest, review: Review, code: str, study_id: int) -> HttpResponse:
    rating = _own_or_404(request, review, code, study_id)
    services.release_rating(rating, by=request.user)
    messages.info(
        request,
        f"You left {rating.study} to somebody else. What you entered is kept: while there is a"
        " free place, Rate takes it up again.",
    )
    return redirect("quality:matrix", review.pk)


def _own(request: HttpRequest, review: Review, code: str, study_id: int) -> Rating | None:
    get_object_or_404(studies_of(review), pk=study_id)
    pages.find_instrument(review, code)
    return own_rating(review, study_id, code, rater=request.user)


def _own_or_404(request: HttpRequest, review: Review, code: str, study_id: int) -> Rating:
    rating = _own(request, review, code, study_id)
    if rating is None:
        raise Http404("No rating of yours.")
    return rating


def _address(rating: Rating, section: rules.Section) -> str:
    where = [rating.review_id, rating.instrument.code, rating.study_id, section.domain["code"]]
    if section.test is None:
        return reverse("quality:rate_domain", args=where)
    return reverse("quality:rate_test", args=[*where, section.test])
