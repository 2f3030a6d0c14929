"""API addresses of marketplace."""

from django.urls import URLPattern, path

from marketplace.api import documents, servers

urlpatterns: list[URLPattern] = [
    path("mcp-servers", servers.ServersView.as_view(), name="mcp-servers"),
    path("mcp-servers/import", documents.ImportView.as_view(), name="mcp-servers-import"),
    path("mcp-servers/export", documents.ExportView.as_view(), name="mcp-servers-export"),
    path("mcp-servers/<uuid:pk>", servers.ServerView.as_view(), name="mcp-server"),
    path("mcp-servers/<uuid:pk>/enable", servers.EnableView.as_view()),
    path("mcp-servers/<uuid:pk>/disable", servers.DisableView.as_view()),
    path("mcp-servers/<uuid:pk>/refresh", servers.RefreshView.as_view()),
    path("mcp-servers/<uuid:pk>/tools", servers.ToolsView.as_view()),
    path("mcp-servers/<uuid:pk>/tools/approve", servers.ApproveView.as_view()),
]
