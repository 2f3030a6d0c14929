"""Pages of marketplace."""

from django.urls import URLPattern, path

from marketplace.web import pages

app_name = "marketplace"
urlpatterns: list[URLPattern] = [
    path("marketplace/servers", pages.server_list, name="servers"),
    path("marketplace/servers/new", pages.server_new, name="server_new"),
    path("marketplace/servers/<uuid:pk>", pages.server, name="server"),
]
