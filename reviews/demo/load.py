"""Load the demo review through the services a user's clicks call, all of it or nothing."""

from django.db import transaction

from reviews.accounts.models import User
from reviews.demo import facts
from reviews.demo.cast import UNDO_SECONDS, acting, enter_people, enter_review
from reviews.demo.load_records import enter_searches
from reviews.demo.load_screening import screen
from reviews.demo.load_studies import analyse, extract, rate
from reviews.protocol import services
from reviews.protocol.models import Review


def find_demo() -> Review | None:
    return Review.objects.filter(is_demo=True).order_by("id").first()


@transaction.atomic
def load_demo(password: str) -> Review:
    """Enter the demo review and return it; where it exists, it is left as people made it."""
    if (there := find_demo()) is not None:
        return there
    demo = enter_review(enter_people(password))
    enter_searches(demo)
    screen(demo)
    rows = extract(demo)
    rate(demo, rows)
    analyse(demo)
    review = Review.objects.get(pk=demo.review.pk)
    review.undo_seconds = UNDO_SECONDS
    with acting(demo.people["ana"]):
        return services.update_review(
            review, by=demo.people["ana"], version=review.version, fields=["undo_seconds"]
        )


def logins() -> list[tuple[str, User]]:
    """Return the demo's people with their roles in words."""
    users = {user.email: user for user in User.objects.filter(email__in=_addresses())}
    return [
        (", ".join(person["roles"]), users[person["email"]])
        for person in facts.PEOPLE
        if person["email"] in users
    ]


def _addresses() -> list[str]:
    return [person["email"] for person in facts.PEOPLE]
