"""The operator's admin: Django's, but every save, delete and bulk action calls a verb.

A verb is the outermost transaction, so the admin must open none of its own: `VerbAdmin` enters
Django's views behind their `transaction.atomic` and hands what a form says to a verb. A refusal
becomes an error on the form. Deeds are in the ledger; the admin keeps no log beside it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, ClassVar

from django import forms
from django.conf import settings
from django.contrib import messages
from django.contrib.admin import AdminSite, ModelAdmin, ShowFacets, action
from django.contrib.admin.actions import delete_selected
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import ImproperlyConfigured, PermissionDenied
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, resolve_url
from django.utils.functional import LazyObject

from kernel.actors import Actor
from kernel.errors import DomainError, InvalidError
from kernel.statistics import counts

if TYPE_CHECKING:
    _ModelAdmin: Any
else:
    _ModelAdmin = ModelAdmin


class OperatorSite(AdminSite):
    """Operators run the installation; they see no tenant's content."""

    site_header = "Quarterdeck operations"
    site_title = "Quarterdeck"
    index_title = "Operate this installation"
    site_url = "/"

    def login(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        """There is one sign-in; somebody signed in who is no operator has no business here."""
        if self.has_permission(request):
            return redirect("admin:index")
        if request.user.is_authenticated:
            raise PermissionDenied
        wanted = request.GET.get("next") or resolve_url("admin:index")
        return redirect_to_login(wanted, resolve_url(settings.LOGIN_URL))

    def logout(self, request: HttpRequest, extra_context: Any = None) -> Any:
        """There is one sign-out; 307 keeps it a POST."""
        return redirect(resolve_url(settings.LOGOUT_URL), preserve_request=True)

    def password_change(self, request: HttpRequest, extra_context: Any = None) -> Any:
        """One's password is changed where everybody changes it."""
        return redirect(settings.CREDENTIALS_URL)

    def index(self, request: HttpRequest, extra_context: Any = None) -> Any:
        """The first page shows how much there is."""
        return super().index(request, {"counts": _counts(), **(extra_context or {})})


def _counts() -> dict[str, int]:
    return {name.rsplit(".")[-1].replace("_", " ").capitalize(): n for name, n in counts().items()}


class VerbAdmin(_ModelAdmin):  # type: ignore[misc]
    """The admin of one model. Subclasses say what operators see and which verbs they call."""

    may_add: ClassVar[bool] = False
    may_change: ClassVar[bool] = False
    may_delete: ClassVar[bool] = False
    show_full_result_count = False
    show_facets = ShowFacets.NEVER
    list_per_page = 50
    actions: ClassVar[Any] = ()

    def __init_subclass__(cls, **kwargs: object) -> None:
        super().__init_subclass__(**kwargs)
        if cls.list_editable or cls.inlines:
            message = f"{cls.__name__}: list editing and inlines would write beside the verbs"
            raise ImproperlyConfigured(message)

    def rows(self, actor: Actor) -> QuerySet[Any]:
        """What this operator may see of the model."""
        raise NotImplementedError

    def make(self, actor: Actor, draft: Any, given: Mapping[str, Any]) -> Model:
        """Call the verb that makes a row and return what it made."""
        raise NotImplementedError

    def change(self, actor: Actor, stored: Any, given: Mapping[str, Any]) -> None:
        """Call the verbs that make the changed fields true."""
        raise NotImplementedError

    def remove(self, actor: Actor, stored: Any) -> None:
        """Call the verb that ends a row."""
        raise NotImplementedError

    # Django's doors, led to the verbs.

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: Any = None,
    ) -> HttpResponse:
        """Django's form without its transaction; a refused save is shown on the form."""
        found: HttpResponse
        try:
            found = self._changeform_view(request, object_id, form_url, extra_context)
        except DomainError as refusal:
            request._refusal = refusal  # type: ignore[attr-defined]
            found = self._changeform_view(request, object_id, form_url, extra_context)
        return found

    def delete_view(
        self, request: HttpRequest, object_id: str, extra_context: Any = None
    ) -> HttpResponse:
        """Django's confirmation without its transaction; a refusal is a message."""
        try:
            found: HttpResponse = self._delete_view(request, object_id, extra_context)
            return found
        except DomainError as refusal:
            self.message_user(request, refusal.detail, messages.ERROR)
            return redirect(request.path)

    def get_form(
        self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any
    ) -> Any:
        """The form, which after a refusal says why."""
        form = super().get_form(request, obj, change, **kwargs)
        refusal = getattr(request, "_refusal", None)
        return form if refusal is None else _refused(form, refusal)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """Every list and every object starts here."""
        rows = self.rows(actor_of(request))
        ordering = self.get_ordering(request)
        return rows.order_by(*ordering) if ordering else rows

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """Call the verb; `obj` becomes what the verb made."""
        actor = actor_of(request)
        if change:
            given = {name: form.cleaned_data[name] for name in form.changed_data}
            self.change(actor, self.rows(actor).get(pk=obj.pk), given)
            return
        made = self.make(actor, obj, form.cleaned_data)
        obj.__dict__.update(made.__dict__)

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        """Nothing beside the verbs is saved."""

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        """Call the verb."""
        self.remove(actor_of(request), obj)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        """Call the verb for each; a refused row stays and is named."""
        for_each(self, request, queryset, self.remove)

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        """Deleting many counts what was really deleted."""
        found: dict[str, Any] = super().get_actions(request)
        if "delete_selected" in found:
            _function, name, description = found["delete_selected"]
            found[name] = (_delete_chosen, name, description)
        return found

    def get_deleted_objects(
        self, objs: Any, request: HttpRequest
    ) -> tuple[list[Any], dict[Any, Any], set[Any], list[Any]]:
        """What falls with a row is the verb's business; the page names the rows themselves."""
        return [str(one) for one in objs], {self.opts.verbose_name_plural: len(objs)}, set(), []

    # Who may: operators, as far as there is a verb.

    def has_module_permission(self, request: HttpRequest) -> bool:
        """Operators see every model that is here."""
        return self._operates(request)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Operators look at every row."""
        return self._operates(request)

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Where a verb makes rows."""
        return self.may_add and self._operates(request)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Where verbs change rows."""
        return self.may_change and self._operates(request)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Where a verb ends rows."""
        return self.may_delete and self._operates(request)

    def _operates(self, request: HttpRequest) -> bool:
        return bool(self.admin_site.has_permission(request))

    # The ledger is the record; there is no second one.

    def log_addition(self, request: HttpRequest, obj: Any, message: Any) -> Any:
        """The verb's fact says it."""

    def log_change(self, request: HttpRequest, obj: Any, message: Any) -> Any:
        """The verb's fact says it."""

    def log_deletions(self, request: HttpRequest, queryset: Any) -> Any:
        """The verb's fact says it."""

    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: Any = None
    ) -> HttpResponse:
        """History is the ledger's."""
        self.message_user(request, "What was done here stands in the audit ledger.")
        return redirect(f"admin:{self.opts.app_label}_{self.opts.model_name}_change", object_id)


def actor_of(request: HttpRequest) -> Actor:
    """The operator, without Django's lazy proxy."""
    user: Any = request.user
    if isinstance(user, LazyObject):
        bool(user)
        user = user.__dict__["_wrapped"]
    return user  # type: ignore[no-any-return]


def bulk(description: str, run: Callable[[Actor, Any], object]) -> Callable[..., None]:
    """A bulk action that calls a verb for each chosen row, each in a transaction of its own."""

    @action(description=description)
    def call(admin: VerbAdmin, request: HttpRequest, chosen: QuerySet[Any]) -> None:
        done = for_each(admin, request, chosen, run)
        admin.message_user(request, f"{description}: {done} done.", messages.SUCCESS)

    call.__name__ = re.sub(r"\W+", "_", description.lower())
    return call


def _delete_chosen(
    admin: VerbAdmin, request: HttpRequest, chosen: QuerySet[Any]
) -> HttpResponse | None:
    """Django's confirmation first, then the verb for each."""
    if not request.POST.get("post"):
        return delete_selected(admin, request, chosen)
    done = for_each(admin, request, chosen, admin.remove)
    admin.message_user(request, f"{done} deleted.", messages.SUCCESS)
    return None


def for_each(
    admin: VerbAdmin,
    request: HttpRequest,
    chosen: QuerySet[Any],
    run: Callable[[Actor, Any], object],
) -> int:
    """Run a verb for each row; a refusal is shown and does not stop the others."""
    actor, done = actor_of(request), 0
    for one in list(chosen):
        try:
            run(actor, one)
        except DomainError as refusal:
            admin.message_user(request, f"{one}: {refusal.detail}", messages.ERROR)
        else:
            done += 1
    return done


def _refused(form: type[forms.BaseForm], refusal: DomainError) -> type[forms.BaseForm]:
    """The same form, which refuses with a verb's words and keeps what was typed."""

    class Refused(form):  # type: ignore[misc,valid-type]
        def clean(self) -> Any:
            found = super().clean()
            faults = refusal.extra.get("errors") if isinstance(refusal, InvalidError) else None
            for fault in faults or [{"pointer": "", "detail": refusal.detail}]:
                name = fault["pointer"].removeprefix("/")
                self.add_error(name if name in self.fields else None, fault["detail"])
            return found

    return Refused
