"""Work outside transactions: mail."""

from __future__ import annotations

from django.core.mail import send_mail
from django.template.loader import render_to_string

from identity import tokens
from identity.links import invitation_link
from identity.models import Invitation
from kernel import clock
from kernel.jobs import JobRun, job


@job("identity.send_invitation", lease_seconds=60)
def send_invitation(run: JobRun) -> None:
    """Mail an invitation's link while it is open; a repeated run mails the same link again."""
    rows = Invitation.objects.select_related("organization", "invited_by")
    invitation = rows.filter(pk=run.payload["invitation_id"]).first()
    if invitation is None or not invitation.is_open(clock.now()):
        return
    text = render_to_string(
        "identity/mail/invitation.txt",
        {
            "inviter": invitation.invited_by.display_name,
            "organization": invitation.organization.name,
            "role": invitation.get_role_display().lower(),
            "expires_at": invitation.expires_at,
            "link": invitation_link(tokens.invitation_code(invitation.pk)),
        },
    )
    subject = f"Join {invitation.organization.name} on Quarterdeck"
    send_mail(" ".join(subject.split()), text, None, [invitation.email])
