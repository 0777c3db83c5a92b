"""Every address of the site."""

from django.conf import settings
from django.urls import include, path

from reviews.accounts import views as accounts
from reviews.jobs import health
from reviews.protocol import team_views
from reviews.protocol import views as protocol
from reviews.reporting import views as reporting

review = [
    path("", reporting.review_home, name="review"),
    path("protocol/", include("reviews.protocol.urls")),
    path("searches/", include("reviews.searches.urls")),
    path("duplicates/", include("reviews.dedup.urls")),
    path("screening/", include("reviews.screening.urls")),
    path("fulltext/", include("reviews.fulltext.urls")),
    path("studies/", include("reviews.extraction.urls")),
    path("quality/", include("reviews.quality.urls")),
    path("analyses/", include("reviews.synthesis.urls")),
    path("reporting/", include("reviews.reporting.urls")),
    path("jobs/", include("reviews.reporting.job_urls")),
]

urlpatterns = [
    path("", protocol.front_door, name="front"),
    path("reviews/", reporting.my_reviews, name="home"),
    path("reviews/new/", protocol.new_review, name="new_review"),
    path("reviews/<int:review_id>/", include(review)),
    path("invitations/<str:token>/", team_views.accept_invitation, name="invitation"),
    path("account/", include("reviews.accounts.urls")),
    path("accounts/", include("allauth.urls")),
    path("theme/", accounts.theme, name="theme"),
    path("api/", include("reviews.api.urls")),
    path("healthz", health.healthz, name="healthz"),
    path("readyz", health.readyz, name="readyz"),
]
if settings.LOCAL:
    urlpatterns.append(path("mail/", accounts.mail_folder, name="mail"))

handler400 = "reviews.core.http.bad_request"
handler403 = "reviews.core.http.forbidden"
handler404 = "reviews.core.http.not_found"
handler500 = "reviews.core.http.server_error"
