"""Every address of the house."""

from django.contrib import admin
from django.urls import URLPattern, URLResolver, include, path
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView

from config.web import home
from kernel.http import health
from kernel.http.actions import ActionsView

api: list[URLPattern | URLResolver] = [
    path("actions", ActionsView.as_view()),
    path("", include("identity.api.urls")),
    path("", include("audit.api.urls")),
    path("", include("marketplace.api.urls")),
    path("", include("sessions_app.api.urls")),
]

urlpatterns: list[URLPattern | URLResolver] = [
    path("", home, name="home"),
    path("livez", health.livez),
    path("startupz", health.readyz),
    path("readyz", health.readyz),
    path("health", health.readyz),
    path("metrics", health.metrics),
    path("api/schema/", SpectacularAPIView.as_view(), name="schema"),
    path("api/docs/", SpectacularSwaggerSplitView.as_view(url_name="schema"), name="docs"),
    path("api/v1/", include(api)),
    path("operate/", admin.site.urls),
    path("", include("identity.web.root_urls")),
    path("", include("identity.web.urls")),
    path("", include("audit.web.urls")),
    path("", include("marketplace.web.urls")),
    path("", include("sessions_app.web.urls")),
    path("", include("sessions_app.web.task_urls")),
    path("", include("sessions_app.web.approval_urls")),
]

handler400 = "config.web.bad_request"
handler403 = "config.web.forbidden"
handler404 = "config.web.not_found"
handler500 = "config.web.broken"
