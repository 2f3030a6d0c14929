"""Clients that speak as somebody."""

from __future__ import annotations

import json
from typing import Any

from django.test import Client

from identity.models import User
from tests.factories.cast import token_for


class Caller:
    """Somebody with a bearer token; bodies are JSON both ways."""

    def __init__(self, user: User | None, *, token: str = "") -> None:
        text = token or (token_for(user) if user else "")
        self.client = Client(headers={"Authorization": f"Bearer {text}"} if text else {})

    def get(self, path: str) -> Any:
        """GET below /api/v1."""
        return self.client.get(f"/api/v1{path}")

    def send(self, method: str, path: str, body: Any = None, **headers: str) -> Any:
        """Any other method below /api/v1."""
        content = b"" if body is None else json.dumps(body).encode()
        return self.client.generic(
            method, f"/api/v1{path}", content, content_type="application/json", headers=headers
        )

    def post(self, path: str, body: Any = None, **headers: str) -> Any:
        """POST below /api/v1."""
        return self.send("POST", path, body, **headers)

    def patch(self, path: str, body: Any) -> Any:
        """PATCH below /api/v1."""
        return self.send("PATCH", path, body)

    def delete(self, path: str) -> Any:
        """DELETE below /api/v1."""
        return self.send("DELETE", path)
