"""Coming in, going out, and passwords."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth import authenticate, login, logout, update_session_auth_hash
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST

from identity.errors import LinkGoneError, WrongCredentialsError
from identity.models import User
from identity.services import accounts, passwords
from identity.web.current import me
from identity.web.forms import PasswordForm, SetPasswordForm, SignInForm, tell
from kernel.actors import NOBODY
from kernel.errors import DomainError
from kernel.http.pages import page

BACKEND = "django.contrib.auth.backends.ModelBackend"


@sensitive_post_parameters("password")
@never_cache
def sign_in(request: HttpRequest) -> HttpResponse:
    """The sign-in page; every failure reads the same and is recorded."""
    after = _after(request)
    if request.user.is_authenticated:
        return redirect(after)
    form = SignInForm(request.POST or None)
    if request.method != "POST":
        return _sign_in_page(request, form, after)
    user = _known(request, form)
    if user is None:
        form.add_error(None, WrongCredentialsError().detail)
        return _sign_in_page(request, form, after, status=401)
    accounts.sign_in(user, user)
    login(request, user, backend=BACKEND)
    return redirect(after)


def locked_out(request: HttpRequest, _original: Any, _credentials: Any) -> HttpResponse:
    """What django-axes answers with after too many failures from one address for one name."""
    form = SignInForm({"username": request.POST.get("username", "")[:150], "password": "-"})
    form.full_clean()
    form.add_error(None, "Too many attempts. Wait a quarter of an hour and try again.")
    return _sign_in_page(request, form, _after(request), status=429)


@require_POST
def sign_out(request: HttpRequest) -> HttpResponse:
    """End this browser's session; its sockets ask after that, and find nobody signed in."""
    user = me(request) if isinstance(request.user, User) else None
    logout(request)
    if user is not None:
        accounts.sign_out(user, user)
    return redirect("identity:sign_in")


@sensitive_post_parameters()
@page
def password(request: HttpRequest) -> HttpResponse:
    """Change one's password; this browser stays signed in, all others do not."""
    form = PasswordForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        try:
            user = passwords.change_password(
                me(request), me(request), current=given["old_password"], new=given["new_password1"]
            )
        except DomainError as refusal:
            tell(form, refusal, {"/current": "old_password", "/new": "new_password1"})
        else:
            update_session_auth_hash(request, user)
            messages.success(request, "Your password is changed.")
            return redirect("identity:password")
    status = 400 if form.errors else 200
    return render(request, "identity/password.html", {"form": form}, status=status)


@sensitive_post_parameters()
@never_cache
def set_password(request: HttpRequest, pk: UUID, code: str) -> HttpResponse:
    """Set a password through a one-time link."""
    user = User.objects.filter(pk=pk, is_active=True).first()
    if user is None:
        raise Http404
    form = SetPasswordForm(request.POST or None)
    gone = not passwords.link_works(user, code)
    if request.method == "POST" and not gone and form.is_valid():
        try:
            passwords.set_password_by_link(
                NOBODY, user, code=code, new=form.cleaned_data["password1"]
            )
        except LinkGoneError:
            gone = True
        except DomainError as refusal:
            tell(form, refusal, {"/new": "password1"})
        else:
            messages.success(request, "Your password is set. Sign in with it.")
            return redirect("identity:sign_in")
    status = 410 if gone else 400 if form.errors else 200
    return render(
        request, "identity/set_password.html", {"form": form, "gone": gone}, status=status
    )


def _known(request: HttpRequest, form: SignInForm) -> User | None:
    """Who this is; a failure is recorded with the name that was tried."""
    if not form.is_valid():
        return None
    given = form.cleaned_data
    found = authenticate(request, username=given["username"], password=given["password"])
    if isinstance(found, User):
        return found
    reason = "throttled" if getattr(request, "axes_locked_out", False) else "wrong"
    accounts.fail_sign_in(NOBODY, User(username=given["username"]), reason=reason)
    return None


def _sign_in_page(
    request: HttpRequest, form: SignInForm, after: str, *, status: int = 200
) -> HttpResponse:
    context = {"form": form, "next": after if after != "/" else ""}
    return render(request, "identity/sign_in.html", context, status=status)


def _after(request: HttpRequest) -> str:
    """Where to go afterwards: only to a place of this installation."""
    wanted = request.POST.get("next") or request.GET.get("next") or ""
    here = url_has_allowed_host_and_scheme(
        wanted, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )
    return wanted if here else "/"
