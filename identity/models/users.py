"""The user: a person or a service account."""

from __future__ import annotations

from typing import ClassVar
from uuid import UUID

from django.contrib.auth.models import AbstractBaseUser, BaseUserManager, PermissionsMixin
from django.contrib.auth.validators import UnicodeUsernameValidator
from django.db import models
from django.utils.crypto import salted_hmac

from identity.enums import UserKind
from kernel.ids import uuid7


class UserAccounts(BaseUserManager["User"]):
    """Finding and making users; people are made by verbs, operators by the command line."""

    def create_user(
        self, username: str, password: str | None = None, *, email: str = "", **fields: object
    ) -> User:
        """A user with a hashed password (or none that works)."""
        user = self.model(username=username, email=self.normalize_email(email), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user


class User(AbstractBaseUser, PermissionsMixin):
    """Somebody who can act. `is_staff` opens the operator's admin and no tenant's content."""

    residency = "control"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    username = models.CharField(
        max_length=150, unique=True, validators=[UnicodeUsernameValidator()]
    )
    email = models.EmailField(blank=True, default="")
    full_name = models.CharField(max_length=150, blank=True, default="")
    kind = models.CharField(max_length=10, choices=UserKind, default=UserKind.PERSON)
    is_staff = models.BooleanField("operator", default=False)
    is_active = models.BooleanField("active", default=True)
    created_at = models.DateTimeField(auto_now_add=True)
    # Raised to end every browser session of this person at once, without touching their rows.
    session_epoch = models.PositiveIntegerField(default=0, editable=False)

    objects: ClassVar[UserAccounts] = UserAccounts()

    USERNAME_FIELD = "username"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = ["email"]

    def __str__(self) -> str:
        return self.display_name

    @property
    def display_name(self) -> str:
        """What others read."""
        return self.full_name or self.username

    @property
    def actor_kind(self) -> str:
        """How the kernel names this actor."""
        return "service" if self.kind == UserKind.SERVICE else "user"

    @property
    def actor_id(self) -> UUID:
        """The kernel's word for the key."""
        return self.pk

    def _get_session_auth_hash(self, secret: str | None = None) -> str:
        """What a browser session must carry: changes with the password and with the epoch."""
        value = f"{self.password}|{self.session_epoch}"
        return salted_hmac("identity.session", value, secret, algorithm="sha256").hexdigest()

    @property
    def on_behalf_of_id(self) -> UUID | None:
        """A user acts for nobody else."""
        return None
