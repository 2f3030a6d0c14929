"""Shapes of the ledger's answers."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers


class ActorOutput(serializers.Serializer[Any]):
    """Who acted, and for whom."""

    kind = serializers.CharField(source="entry.actor_kind")
    id = serializers.UUIDField(source="entry.actor_id", allow_null=True)
    name = serializers.CharField(source="actor.name")
    on_behalf_of = serializers.UUIDField(source="entry.on_behalf_of_id", allow_null=True)


class TargetOutput(serializers.Serializer[Any]):
    """What it was done to."""

    type = serializers.CharField(source="entry.target_type")
    id = serializers.UUIDField(source="entry.target_id", allow_null=True)


class OriginOutput(serializers.Serializer[Any]):
    """The way in; address and device are private fields."""

    channel = serializers.CharField()
    token_id = serializers.UUIDField(required=False)


class EntryOutput(serializers.Serializer[Any]):
    """One deed. `private` opens the commitments of the same names; null where erased."""

    id = serializers.UUIDField(source="entry.fact_id")
    number = serializers.IntegerField(source="entry.number")
    recorded_at = serializers.DateTimeField(source="entry.recorded_at")
    name = serializers.CharField(source="entry.name")
    version = serializers.IntegerField(source="entry.version")
    region = serializers.CharField(source="entry.region")
    organization = serializers.UUIDField(source="entry.organization_id", allow_null=True)
    actor = ActorOutput(source="*")
    verb = serializers.CharField(source="entry.verb")
    target = TargetOutput(source="*")
    outcome = serializers.CharField(source="entry.outcome")
    origin = OriginOutput()
    policy_version = serializers.IntegerField(source="entry.policy_version")
    causation_id = serializers.UUIDField(source="entry.causation_id", allow_null=True)
    correlation_id = serializers.UUIDField(source="entry.correlation_id", allow_null=True)
    data = serializers.DictField()  # type: ignore[assignment]
    commitments = serializers.DictField(source="entry.commitments")
    private = serializers.DictField(child=serializers.CharField(allow_null=True))


class ChangeOutput(serializers.Serializer[Any]):
    """One field of configuration before and after; null stands for "was not there"."""

    model = serializers.CharField()
    object_id = serializers.CharField()
    field = serializers.CharField()
    old = serializers.CharField(allow_null=True)
    new = serializers.CharField(allow_null=True)


class OneEntryOutput(EntryOutput):
    """One deed and what it changed."""

    changes = ChangeOutput(many=True)
