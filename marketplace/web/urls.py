"""Pages of the marketplace."""

from django.urls import path

from marketplace.web import pages

app_name = "marketplace"
urlpatterns = [
    path("marketplace", pages.server_list, name="servers"),
    path("marketplace/new", pages.server_new, name="server_new"),
    path("marketplace/<uuid:pk>", pages.server_page, name="server"),
]
