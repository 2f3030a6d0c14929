"""guardian's object permissions with our direct tables and expiry, for `has_perm` in the admin."""

from __future__ import annotations

from typing import Any

from django.db.models import Q
from guardian.backends import ObjectPermissionBackend
from guardian.utils import get_group_obj_perms_model, get_user_obj_perms_model

from kernel import clock


class ExpiringGrantBackend(ObjectPermissionBackend):  # type: ignore[misc]
    """An expired grant gives nothing."""

    def has_perm(self, user_obj: Any, perm: str, obj: Any = None) -> bool:
        """Whether an unexpired grant of the person or one of their teams carries the permission."""
        if obj is None or not getattr(user_obj, "is_active", False):
            return False
        codename = perm.rpartition(".")[2]
        live = Q(expires_at=None) | Q(expires_at__gt=clock.now())
        wanted = live & Q(content_object=obj, permission__codename=codename)
        mine = get_user_obj_perms_model(obj).objects.filter(wanted, user=user_obj)
        teams = get_group_obj_perms_model(obj).objects.filter(
            wanted, group__in=user_obj.groups.all()
        )
        return bool(mine.exists() or teams.exists())
