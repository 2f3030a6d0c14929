"""A session as a plain AG-UI agent: the same verbs and the same stream in the protocol's words."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from typing import Any
from uuid import UUID

from ag_ui.core import ResumeEntry, RunAgentInput, TextPart, UserMessage
from django.http import HttpRequest, StreamingHttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from pydantic import ValidationError
from rest_framework import serializers
from rest_framework.request import Request

from kernel.context import entered
from kernel.errors import InvalidError, NotFoundError
from kernel.http.pages import uuid_or_none
from kernel.http.streams import event_stream, frames
from kernel.policies import visible_to
from kernel.streams.read import last_seq
from sessions_app.api.ag_ui_events import Telling
from sessions_app.api.content import ContentView
from sessions_app.models import AgentSession, Approval, Message, Run
from sessions_app.services import approvals, prompting
from sessions_app.streams import SESSIONS

_LONGEST = 500_000
_STREAM = {(200, "text/event-stream"): OpenApiTypes.STR}


class AgUiInput(serializers.Serializer[Any]):
    """AG-UI's RunAgentInput, as far as it is read; the protocol allows more fields."""

    threadId = serializers.CharField()  # noqa: N815
    runId = serializers.CharField()  # noqa: N815
    messages = serializers.ListField(child=serializers.DictField())
    resume = serializers.ListField(child=serializers.DictField(), required=False)


class AgUiView(ContentView):
    """`/sessions/{id}/ag-ui`."""

    @extend_schema(
        parameters=[OpenApiParameter("run", UUID, description="The latest if absent.")],
        responses=_STREAM,
    )
    def get(self, request: Request, pk: UUID) -> StreamingHttpResponse:
        """Tell one run as plain AG-UI events, to its end or to what it waits for."""
        session = self.readable(pk)
        runs = session.runs.order_by("-created_at", "-id")
        named = self.key("run")
        run = (runs.filter(pk=named) if named else runs).first()
        if run is None:
            raise NotFoundError
        return self._told(session, run, after=0)

    @extend_schema(request=AgUiInput, responses=_STREAM)
    def post(self, request: Request, pk: UUID) -> StreamingHttpResponse:
        """Prompt with the last message, or answer interrupts, and follow as plain AG-UI events."""
        given = _input(request.data)
        session = self.one(AgentSession, pk)
        if given.resume:
            run = self._answered(session, given.resume)
            waits = session.events.filter(run_id=run.pk, data__name="run.waiting")
            return self._told(session, run, after=waits.order_by("-seq").values_list("seq")[0][0])
        posted = prompting.prompt(self.actor, session, content=_asked(given))
        run = Run.objects.get(pk=posted.run_id)
        return self._told(session, run, after=posted.seq)

    def _answered(self, session: AgentSession, entries: Sequence[ResumeEntry]) -> Run:
        """Approve or deny what each entry answers; all of one run."""
        decisions = [self._decision(session, at, one) for at, one in enumerate(entries)]
        if len({approval.run_id for approval, _ in decisions}) > 1:
            raise InvalidError.at("/resume", "These interrupts are of different runs.")
        for approval, answer in decisions:
            verb = approvals.approve if answer["approved"] else approvals.deny
            # The same answer twice is no second deed; one key cannot stand for several.
            with entered(idempotency=None):
                verb(self.actor, approval, reason=answer.get("reason", ""))
        return decisions[0][0].run

    def _decision(
        self, session: AgentSession, at: int, entry: ResumeEntry
    ) -> tuple[Approval, dict[str, Any]]:
        rows = visible_to(Approval, self.actor).filter(session=session).select_related("run")
        key = uuid_or_none(entry.interrupt_id)
        found = rows.filter(pk=key).first() if key else None
        if found is None:
            raise InvalidError.at(f"/resume/{at}/interruptId", "There is no such interrupt.")
        if entry.status == "cancelled":
            return found, {"approved": False}
        answer = entry.payload
        if not isinstance(answer, dict) or not isinstance(answer.get("approved"), bool):
            raise InvalidError.at(f"/resume/{at}/payload/approved", "true or false.")
        reason = answer.get("reason", "")
        if not isinstance(reason, str) or len(reason) > 1000:
            raise InvalidError.at(f"/resume/{at}/payload/reason", "Text of at most 1000.")
        return found, answer

    def _told(self, session: AgentSession, run: Run, *, after: int) -> StreamingHttpResponse:
        prompt = Message.objects.get(pk=run.message_id)
        telling = Telling(
            session_id=session.pk,
            run_id=run.pk,
            prompt=UserMessage(id=str(prompt.pk), content=prompt.content),
            after=after,
            now=last_seq(SESSIONS, session.pk),
        )
        return event_stream(_until_done(self.request._request, prompt.seq, self.actor, telling))


async def _until_done(
    request: HttpRequest, start: int, actor: Any, telling: Telling
) -> AsyncIterator[str]:
    rows = frames(request, SESSIONS, telling.session_id, start, actor, telling)
    try:
        async for text in rows:
            if text:
                yield text
            if telling.done:
                return
    finally:
        await rows.aclose()  # type: ignore[attr-defined]


def _input(body: Any) -> RunAgentInput:
    """The protocol's own model reads the body; its faults become ours."""
    try:
        return RunAgentInput.model_validate(body)
    except ValidationError as wrong:
        faults = [
            {"pointer": "".join(f"/{part}" for part in one["loc"]), "detail": one["msg"]}
            for one in wrong.errors(include_url=False, include_input=False)
        ]
        raise InvalidError(errors=faults[:50]) from wrong


def _asked(given: RunAgentInput) -> str:
    """The text of the last message, which is the new one; earlier ones are known here."""
    last = given.messages[-1] if given.messages else None
    where = f"/messages/{max(len(given.messages) - 1, 0)}"
    if not isinstance(last, UserMessage):
        raise InvalidError.at(where, "The last message must be the user's.")
    parts = last.content if isinstance(last.content, list) else [TextPart(text=last.content)]
    texts = [part.text for part in parts if isinstance(part, TextPart)]
    if len(texts) < len(parts):
        raise InvalidError.at(f"{where}/content", "Only text can be sent.")
    content = "\n".join(texts)
    if not content.strip() or len(content) > _LONGEST:
        raise InvalidError.at(f"{where}/content", f"Text of at most {_LONGEST} characters.")
    return content
