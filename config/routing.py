"""Sockets of every app."""

from django.urls import path

from sessions_app.consumers import SessionConsumer

websockets = [path("ws/sessions/<uuid:pk>", SessionConsumer.as_asgi())]
