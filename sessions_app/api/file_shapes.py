"""Shapes of files on the wire."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from sessions_app.enums import FileDeed, FileStatus
from sessions_app.models import Attachment, FileChange


class FileOutput(serializers.Serializer[Any]):
    """One name of a folder; `path` is empty for a name that is no text."""

    name = serializers.CharField()
    path = serializers.CharField(allow_blank=True)
    kind = serializers.ChoiceField(["file", "directory", "link", "other"])
    size = serializers.IntegerField()
    modified_at = serializers.DateTimeField()


class FileChangeOutput(serializers.ModelSerializer[FileChange]):
    """A change of a file; sizes are null where there was, or is, no file."""

    deed = serializers.ChoiceField(FileDeed.choices)
    status = serializers.ChoiceField(FileStatus.choices)

    class Meta:
        model = FileChange
        fields = (
            "id", "session", "path", "deed", "status", "actor_kind", "actor_id", "actor_name",
            "tool_call", "size_before", "size_after", "problem", "created_at", "finished_at",
        )  # fmt: skip


class AttachmentOutput(serializers.ModelSerializer[Attachment]):
    """A file for a prompt; `media_type` is what its bytes say, `message` names the prompt."""

    class Meta:
        model = Attachment
        fields = (
            "id", "session", "message", "name", "path", "media_type", "size", "uploaded_by",
            "created_at",
        )  # fmt: skip
