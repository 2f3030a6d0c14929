"""Pages of sessions."""

from django.urls import path

from sessions_app.web import deeds, files, pages, terminals

app_name = "sessions"
urlpatterns = [
    path("sessions", pages.session_list, name="list"),
    path("sessions/new", pages.session_new, name="new"),
    path("sessions/<uuid:pk>", pages.session_page, name="detail"),
    path("sessions/<uuid:pk>/files", files.folder_page, name="files"),
    path("sessions/<uuid:pk>/file", files.file_page, name="file"),
    path("sessions/<uuid:pk>/edit", files.edit_page, name="edit_file"),
    path("sessions/<uuid:pk>/upload", files.upload, name="upload"),
    path("sessions/<uuid:pk>/remove-file", files.remove, name="remove_file"),
    path("sessions/<uuid:pk>/terminals", terminals.open_, name="open_terminal"),
    path("sessions/<uuid:pk>/terminals/<uuid:terminal>", terminals.terminal_page, name="terminal"),
    path(
        "sessions/<uuid:pk>/terminals/<uuid:terminal>/type", terminals.type_, name="type_terminal"
    ),
    path(
        "sessions/<uuid:pk>/terminals/<uuid:terminal>/close", terminals.close, name="close_terminal"
    ),
    path("sessions/<uuid:pk>/prompt", deeds.prompt, name="prompt"),
    path("sessions/<uuid:pk>/cancel", deeds.cancel, name="cancel"),
    path("sessions/<uuid:pk>/resume", deeds.resume, name="resume"),
    path("sessions/<uuid:pk>/fork", deeds.fork, name="fork"),
    path("sessions/<uuid:pk>/rename", deeds.rename, name="rename"),
    path("sessions/<uuid:pk>/archive", deeds.archive, name="archive"),
    path("sessions/<uuid:pk>/trash", deeds.trash, name="trash"),
    path("sessions/<uuid:pk>/restore", deeds.restore, name="restore"),
    path("sessions/<uuid:pk>/share", deeds.share, name="share"),
    path("sessions/<uuid:pk>/unshare/<uuid:share_id>", deeds.unshare, name="unshare"),
    path("sessions/<uuid:pk>/secrets", deeds.attach_secret, name="attach_secret"),
    path(
        "sessions/<uuid:pk>/secrets/<uuid:attachment_id>/detach",
        deeds.detach_secret,
        name="detach_secret",
    ),
]
