"""Channels: the layer is a doorbell. PostgreSQL NOTIFY rings by default, Redis when present."""

from typing import Any

from config.settings.env import environment

CHANNEL_LAYERS: dict[str, dict[str, Any]] = {
    "default": (
        {
            "BACKEND": "channels_redis.pubsub.RedisPubSubChannelLayer",
            "CONFIG": {"hosts": [environment.redis_url]},
        }
        if environment.redis_url
        else {"BACKEND": "channels.layers.InMemoryChannelLayer"}
    ),
}
