"""Pages of audit."""

from django.urls import path

from audit.web import pages

app_name = "audit"
urlpatterns = [
    path("audit", pages.ledger, name="ledger"),
    path("audit/versions/<str:label>/<uuid:key>", pages.versions, name="versions"),
    path("audit/<int:key>", pages.entry, name="entry"),
    path("audit/<uuid:key>", pages.entry, name="entry"),
]
