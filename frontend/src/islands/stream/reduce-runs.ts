import type { StreamEvent } from '../../lib/events';
import { t } from '../../lib/i18n';
import { add, base, change, find, moveToEnd, note, text, type Data, type Reducer } from './items';
import { settle } from './reduce-messages';
import type { Item, MessageItem, Run, ToolItem, ViewState } from './state';

function setRun(state: ViewState, event: StreamEvent, changes: Partial<Run>): Run | undefined {
  if (!event.run) return undefined;
  const known = state.runs.get(event.run) ?? {
    id: event.run, startedAt: Date.parse(event.at), endedAt: null, status: 'running', actor: event.actor, tools: 0,
  } satisfies Run;
  const run = { ...known, ...changes };
  state.runs.set(run.id, run);
  return run;
}

const continued: Reducer = (state, event) => {
  setRun(state, event, { status: 'running', endedAt: null });
  state.activeRun = event.run;
};

const started: Reducer = (state, event, data) => {
  continued(state, event, data);
  state.sandbox = text(data['sandbox']) || state.sandbox;
  const first = state.queue.find((queued) => queued.runId === event.run);
  state.queue = state.queue.filter((queued) => queued.runId !== event.run);
  const prompt = first && find<MessageItem>(state, first.messageId, 'message');
  if (!prompt) return;
  moveToEnd(state, prompt);
  change(state, prompt, event, { queued: false });
};

/** Nothing of a finished run may go on looking alive, whatever events are missing. */
function closeOpenItems(state: ViewState, event: StreamEvent): void {
  for (let at = state.items.length - 1; at >= 0; at -= 1) {
    const item = state.items[at] as Item;
    if (item.run !== event.run) continue;
    if (item.kind === 'tool' && item.endedAt === null) {
      change(state, item, event, { status: 'cancelled', endedAt: Date.parse(event.at) });
    } else if ((item.kind === 'message' || item.kind === 'reasoning') && item.streaming) {
      change(state, item, event, { streaming: false });
    } else if (item.kind === 'message' && item.queued) {
      change(state, item, event, { queued: false });
    }
  }
}

const ended = (statusOf: (data: Data) => 'completed' | 'failed' | 'cancelled'): Reducer => (state, event, data) => {
  const status = statusOf(data);
  const run = setRun(state, event, { status, endedAt: Date.parse(event.at) });
  closeOpenItems(state, event);
  if (state.activeRun === event.run) state.activeRun = null;
  state.queue = state.queue.filter((queued) => queued.runId !== event.run);
  const runOf = (id: string): string | null | undefined => find<ToolItem>(state, id, 'tool')?.run;
  state.approvals = state.approvals.filter((approval) => runOf(approval.toolCallId) !== event.run);
  add(state, {
    ...base(event, `run-${event.seq}`), kind: 'run', status,
    startedAt: run?.startedAt ?? Date.parse(event.at), tools: run?.tools ?? 0,
    error: text(data['message']) || text(data['code']),
  });
};

const queued: Reducer = (state, event, data) => {
  const id = text(data['message_id']);
  const runId = text(data['run_id']) || event.run || '';
  if (state.runs.has(runId)) return;
  const prompt = find<MessageItem>(state, id, 'message');
  if (prompt) change(state, prompt, event, { queued: true });
  const content = text(data['content']) || prompt?.text || '';
  const others = state.queue.filter((one) => one.runId !== runId);
  state.queue = [...others, { messageId: id, runId, content, actor: event.actor }];
  settle(state, event, id, content);
};

const said = (icon: string, words: string): Reducer => (state, event) =>
  note(state, event, icon, t(words, { who: event.actor.name }));

const archived = (value: boolean, icon: string, words: string): Reducer => (state, event, data) => {
  state.archived = value;
  said(icon, words)(state, event, data);
};

/** Runs, the queue, and what happened to the session itself. */
export const runs: Record<string, Reducer> = {
  RUN_STARTED: started,
  RUN_FINISHED: ended((data) => (data['outcome'] === 'cancelled' ? 'cancelled' : 'completed')),
  RUN_ERROR: ended(() => 'failed'),
  'CUSTOM:run.continued': continued,
  'CUSTOM:run.waiting': (state, event) => void setRun(state, event, { status: 'waiting' }),
  'CUSTOM:prompt.queued': queued,
  'CUSTOM:session.renamed': (state, event, data) => {
    state.name = text(data['value']) || state.name;
    said('pencil', '{who} renamed the session')(state, event, data);
  },
  'CUSTOM:session.configured': said('settings', '{who} changed the options'),
  'CUSTOM:session.shared': said('share', '{who} shared the session'),
  'CUSTOM:session.unshared': said('lock', '{who} withdrew access'),
  'CUSTOM:secret.attached': said('lock', '{who} attached a secret'),
  'CUSTOM:secret.detached': said('lock', '{who} detached a secret'),
  'CUSTOM:session.transferred': said('user', '{who} made somebody else the owner'),
  'CUSTOM:session.forked': said('fork', '{who} forked this from another session'),
  'CUSTOM:session.trashed': said('trash', '{who} moved the session to the trash'),
  'CUSTOM:session.restored': said('undo', '{who} took the session out of the trash'),
  'CUSTOM:session.archived': archived(true, 'archive', '{who} archived the session'),
  'CUSTOM:session.unarchived': archived(false, 'resume', '{who} brought the session back'),
};
