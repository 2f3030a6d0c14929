"""guardian's object permissions with our direct tables and expiry, for `has_perm` in the admin."""

from __future__ import annotations

from typing import Any

from django.db.models import Model, Q
from guardian.backends import ObjectPermissionBackend

from identity.policies.grants import grant_tables
from kernel import clock


class ExpiringGrantBackend(ObjectPermissionBackend):
    """An expired grant gives nothing, and a model without grant tables grants nothing."""

    def has_perm(self, user_obj: Any, perm: str, obj: Any = None) -> bool:
        """Whether an unexpired grant of the person or one of their teams carries the permission."""
        if obj is None or not getattr(user_obj, "is_active", False):
            return False
        model: type[Model] = type(obj)
        try:
            user_grants, team_grants = grant_tables(model)
        except LookupError:
            return False
        live = Q(expires_at=None) | Q(expires_at__gt=clock.now())
        wanted = live & Q(content_object=obj, permission__codename=perm.rpartition(".")[2])
        mine = user_grants._default_manager.filter(wanted, user=user_obj)
        teams = team_grants._default_manager.filter(wanted, group__in=user_obj.groups.all())
        return bool(mine.exists() or teams.exists())

    def get_all_permissions(self, user_obj: Any, obj: Any = None) -> set[str]:
        """Nothing beyond `has_perm`: code asks policies, never for lists of permissions."""
        return set()
