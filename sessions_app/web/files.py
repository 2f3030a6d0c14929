"""Pages of a session's files: a folder, a file, its text to be edited; upload and removal."""

from __future__ import annotations

from typing import Any, cast
from urllib.parse import quote, urlencode
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse

from identity.public import User
from kernel import blobs
from kernel.errors import DomainError, InvalidError, NotFoundError
from kernel.http import problems
from kernel.http.pages import deed, page, uuid_or_none, valid
from kernel.models import Blob
from kernel.policies import policy_of, visible_to
from kernel.sandbox import ABSENT, FileChangedError
from kernel.text import storable
from sessions_app.engine.media import LARGEST
from sessions_app.enums import FileStatus
from sessions_app.models import AgentSession, FileChange
from sessions_app.runner.intake import store
from sessions_app.selectors import files
from sessions_app.services import files as verbs
from sessions_app.web.forms import FileForm
from sessions_app.web.pages import readable
from sessions_app.web.uploads import content_of, uploads

SHOWN, LATEST = 200, 20


@page
def folder_page(request: HttpRequest, pk: UUID) -> HttpResponse:
    """One folder of the working directory, what may be done with it, and who changed what."""
    session, path = readable(request, pk), request.GET.get("path", "").strip("/")
    after = request.GET.get("after", "")
    found = files.folder_of(session, path, after=after, limit=SHOWN)
    api = f"/api/v1/sessions/{session.pk}/files"
    context = {
        "session": session,
        "path": found.path,
        "crumbs": _crumbs(found.path),
        "entries": found.entries,
        "more": urlencode({"path": found.path, "after": found.after}) if found.after else "",
        "archive_url": f"{api}/archive?{urlencode({'path': found.path})}",
        "can_write": _may_write(request, session),
        "changes": session.file_changes.order_by("-id")[:LATEST],
        "limit": LARGEST,
    }
    return render(request, "sessions_app/files.html", context)


@page
def file_page(request: HttpRequest, pk: UUID) -> HttpResponse:
    """One file of the working directory, and what became of saving it."""
    session, path = readable(request, pk), request.GET.get("path", "")
    change = _change(session, request.GET.get("change", ""))
    try:
        shown = files.file_of(session, path)
    except NotFoundError:
        if change is None:
            raise
        shown = {"path": path, "size": 0, "content": "", "absent": True}
    context = {
        **shown,
        "session": session,
        "change": change,
        "crumbs": _crumbs(path.rpartition("/")[0]),
        "download_url": f"/api/v1/sessions/{session.pk}/files/content?{urlencode({'path': path})}",
        "quoted_path": quote(path, safe=""),
        "can_write": _may_write(request, session),
        "changes": session.file_changes.filter(path=path).order_by("-id")[:LATEST],
    }
    response = render(request, "sessions_app/file.html", context)
    if change and change.status == FileStatus.PENDING:
        response["Refresh"] = "1"
    return response


@page
def edit_page(request: HttpRequest, pk: UUID) -> HttpResponse:
    """A file's text in a form; whoever was overtaken sees both texts and loses none."""
    session = readable(request, pk)
    path = request.POST.get("path") or request.GET.get("path", "")
    context: dict[str, Any] = {"session": session, "problem": None, "status": 200}
    if request.method == "POST":
        try:
            return _save(request, session)
        except DomainError as refusal:
            if isinstance(refusal, NotFoundError):
                raise
            context |= {"problem": problems.of_domain(refusal), "status": refusal.status}
            context["draft"] = request.POST.get("content", "")
    context |= _editable(session, path)
    overtaken = _change(session, request.GET.get("change", ""))
    if overtaken and overtaken.blob_id and overtaken.path == path:
        blob = Blob.objects.filter(pk__in=[overtaken.blob_id]).first()
        context["draft"] = blobs.read(blob).decode("utf-8", "replace") if blob else ""
    context["crumbs"] = _crumbs(path.rpartition("/")[0])
    return render(request, "sessions_app/edit.html", context, status=context["status"])


def _files(pk: UUID, *_rest: Any, **_named: Any) -> str:
    return reverse("sessions:files", args=[pk])


@deed(_files)
def upload(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Put files into a folder; one that is there already is not replaced."""
    session = _session(request, pk)
    verbs.require_writer(_actor(request), session)
    folder = request.POST.get("folder", "").strip("/")
    given = uploads(request)
    if not given:
        raise InvalidError.at("/files", "Choose a file.")
    for one in given:
        path = f"{folder}/{one.name}" if folder else str(one.name)
        _put(_actor(request), session, verbs.check_path(path), content_of(one), ABSENT)
    said = given[0].name if len(given) == 1 else f"{len(given)} files"
    messages.success(request, f"Uploading {said}.")
    return redirect(f"{_files(pk)}?{urlencode({'path': folder})}")


@deed(_files)
def remove(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Take a file away."""
    session, path = _session(request, pk), request.GET.get("path", "")
    expected = storable(request.POST.get("version", ""))[:100]
    change = verbs.remove_file(_actor(request), session, path=path, expected=expected)
    return redirect(_file(session, path, change))


def _save(request: HttpRequest, session: AgentSession) -> HttpResponse:
    """Store the text with the line ends the file had: a browser sends others."""
    verbs.require_writer(_actor(request), session)
    given = valid(FileForm(request.POST))
    path, expected = verbs.check_path(given["path"]), given["version"] or ABSENT
    text = given["content"].replace("\r\n", "\n")
    if expected != ABSENT and "\r\n" in files.file_of(session, path)["content"]:
        text = text.replace("\n", "\r\n")
    change = _put(_actor(request), session, path, text.encode(), expected)
    return redirect(_file(session, path, change))


def _put(
    actor: User, session: AgentSession, path: str, content: bytes, expected: str
) -> FileChange:
    try:
        files.require_version(session, path, expected)
    except FileChangedError as changed:
        if expected == ABSENT:
            raise FileChangedError(f"{path} is there already; nothing was written.") from changed
        raise
    written = store(session, content)
    return verbs.write_file(actor, session, path=path, content=written, expected=expected)


def _editable(session: AgentSession, path: str) -> dict[str, Any]:
    """What the form begins with: the file as it is, or nothing where none is yet."""
    if not path or files.version_at(session, path) == ABSENT:
        return {"path": path, "version": "", "content": "", "editable": True}
    return files.file_of(session, path, most=files.EDITED_BYTES)


def _file(session: AgentSession, path: str, change: FileChange) -> str:
    query = urlencode({"path": path, "change": change.pk})
    return f"{reverse('sessions:file', args=[session.pk])}?{query}"


def _change(session: AgentSession, key: str) -> FileChange | None:
    found = uuid_or_none(key)
    return session.file_changes.filter(pk=found).first() if found else None


def _crumbs(path: str) -> list[dict[str, str]]:
    """Each folder above, with its path."""
    names = [name for name in path.split("/") if name]
    return [{"name": n, "path": "/".join(names[: i + 1])} for i, n in enumerate(names)]


def _may_write(request: HttpRequest, session: AgentSession) -> bool:
    open_ = not session.archived_at and not session.trashed_at
    return open_ and policy_of(AgentSession).allows(_actor(request), "files.write", session)


def _session(request: HttpRequest, pk: UUID) -> AgentSession:
    found = visible_to(AgentSession, _actor(request)).filter(pk=pk).first()
    if found is None:
        raise NotFoundError
    return found


def _actor(request: HttpRequest) -> User:
    return cast("User", request.user)
