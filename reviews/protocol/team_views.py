"""Pages of the team: members, invitations, tokens."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST

from reviews.core.errors import DomainError, StaleEdit, shown_on
from reviews.core.http import no_review
from reviews.protocol import team
from reviews.protocol.access import member_can
from reviews.protocol.forms import InvitationForm, RolesForm, TokenForm
from reviews.protocol.members import ApiToken, Invitation, Membership
from reviews.protocol.models import Review


@member_can("view")
def show(request: HttpRequest, review: Review) -> HttpResponse:
    return _page(request, review)


def _page(request: HttpRequest, review: Review, *, status: int = 200, **more) -> HttpResponse:
    """Show the team; invitations to those who may make them, tokens to their owner."""
    may_manage = request.membership.can("manage")
    members = Membership.objects.in_review(review).open().select_related("user")
    waiting = Invitation.objects.in_review(review).filter(
        used_at__isnull=True, withdrawn_at__isnull=True
    )
    tokens = ApiToken.objects.in_review(review).filter(user=request.user, revoked_at__isnull=True)
    context = {
        "review": review,
        "members": members.order_by("since", "id"),
        "may_manage": may_manage,
        "invitations": waiting.order_by("-id") if may_manage else [],
        "tokens": tokens.order_by("-id"),
        "invitation_form": InvitationForm(),
        "token_form": TokenForm(),
    }
    return render(request, "protocol/team.html", {**context, **more}, status=status)


@require_POST
@member_can("manage")
def invite(request: HttpRequest, review: Review) -> HttpResponse:
    """Invite somebody; the link is shown once, to copy."""
    form = InvitationForm(request.POST)
    if form.is_valid():
        with shown_on(form):
            invitation, link = team.invite_member(
                review,
                by=request.user,
                site=f"{request.scheme}://{request.get_host()}",
                **form.cleaned_data,
            )
            return _page(request, review, invited=invitation, link=link)
    return _page(request, review, status=400, invitation_form=form)


@require_POST
@member_can("manage")
def withdraw_invitation(request: HttpRequest, review: Review, invitation_id: int) -> HttpResponse:
    invitation = get_object_or_404(Invitation.objects.in_review(review), pk=invitation_id)
    team.withdraw_invitation(invitation, by=request.user)
    return redirect("protocol:team", review_id=review.pk)


@member_can("manage")
def roles(request: HttpRequest, review: Review, membership_id: int) -> HttpResponse:
    """Change what a member may do."""
    membership = get_object_or_404(Membership.objects.in_review(review).open(), pk=membership_id)
    initial = {"roles": membership.roles, "version": membership.version}
    form = RolesForm(request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            with shown_on(form):
                team.change_roles(membership, by=request.user, **form.cleaned_data)
                return redirect("protocol:team", review_id=review.pk)
        except StaleEdit:
            form.add_error(None, "Somebody changed these roles meanwhile. Reload and look again.")
    context = {"review": review, "form": form, "member": membership}
    return render(request, "protocol/roles.html", context)


@require_POST
@member_can("view")
def end(request: HttpRequest, review: Review, membership_id: int) -> HttpResponse:
    """Take a member out, or leave; leads may do the one, everybody the other."""
    membership = get_object_or_404(Membership.objects.in_review(review).open(), pk=membership_id)
    own = membership.user_id == request.user.pk
    if not own and not request.membership.can("manage"):
        raise DomainError("Only a lead can take somebody out of the review.")
    team.end_membership(membership, by=request.user)
    if own:
        messages.success(request, f"You have left {review}.")
        return redirect("home")
    messages.success(request, f"{membership.user} is no longer a member. What they did stays.")
    return redirect("protocol:team", review_id=review.pk)


@require_POST
@member_can("view")
def new_token(request: HttpRequest, review: Review) -> HttpResponse:
    """Make a token; its secret is shown once."""
    form = TokenForm(request.POST)
    if form.is_valid():
        with shown_on(form):
            token, secret = team.create_token(review, by=request.user, **form.cleaned_data)
            return _page(request, review, new_token=token, secret=secret)
    return _page(request, review, status=400, token_form=form)


@require_POST
@member_can("view")
def revoke_token(request: HttpRequest, review: Review, token_id: int) -> HttpResponse:
    own = ApiToken.objects.in_review(review).filter(user=request.user)
    team.revoke_token(get_object_or_404(own, pk=token_id), by=request.user)
    return redirect("protocol:team", review_id=review.pk)


@no_review
def accept_invitation(request: HttpRequest, token: str) -> HttpResponse:
    """Show whose invitation it is; one press makes the reader a member."""
    invitation = team.find_invitation(token)
    if request.method == "POST":
        membership = team.accept_invitation(token, by=request.user)
        messages.success(request, f"You are a member of {membership.review}.")
        return redirect("review", review_id=membership.review_id)
    return render(
        request,
        "protocol/invitation.html",
        {"invitation": invitation},
        status=200 if invitation else 404,
    )
