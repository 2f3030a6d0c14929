import type { StreamEvent } from '../../lib/events';
import { t } from '../../lib/i18n';
import type { Item, MessageItem, ReasoningItem, Run, ToolItem, ToolStatus, ViewState } from './state';

type Data = Record<string, unknown>;
type Reducer = (state: ViewState, event: StreamEvent, data: Data) => void;

/** Output kept per tool call; the whole stays behind the blob link. */
export const OUTPUT_LIMIT = 64 * 1024;

const text = (value: unknown): string => (typeof value === 'string' ? value : '');
const number = (value: unknown): number | null => {
  if (value === null || value === undefined || value === '') return null;
  const parsed = Number(value);
  return Number.isFinite(parsed) ? parsed : null;
};

function base(event: StreamEvent, id: string) {
  return {
    id, seq: event.seq, lastSeq: event.seq, at: Date.parse(event.at), actor: event.actor, run: event.run,
  };
}

function add(state: ViewState, item: Item): void {
  state.index.set(item.id, state.items.length);
  state.items.push(item);
}

function find<T extends Item>(state: ViewState, id: string, kind: T['kind']): T | undefined {
  const at = state.index.get(id);
  const item = at === undefined ? undefined : state.items[at];
  return item?.kind === kind ? (item as T) : undefined;
}

/** Replaces an item by a changed copy. */
function change<T extends Item>(state: ViewState, item: T, event: StreamEvent, changes: Partial<T>): void {
  state.items[state.index.get(item.id) as number] = { ...item, ...changes, lastSeq: event.seq };
}

function note(state: ViewState, event: StreamEvent, icon: string, words: string, tone = ''): void {
  add(state, { ...base(event, `note-${event.seq}`), kind: 'note', icon, text: words, tone });
}

/** Erased rows keep their place and say so, once per message or result. */
const orErased = (reducer: Reducer): Reducer => (state, event, data) => {
  if (data['erased'] === true) note(state, event, 'eye', t('Erased on request'));
  else reducer(state, event, data);
};

/** A row emptied by compaction or erasure adds nothing when it was only a delta. */
const ifWhole = (reducer: Reducer): Reducer => (state, event, data) => {
  if (data['erased'] !== true) reducer(state, event, data);
};

function message(state: ViewState, event: StreamEvent, data: Data): MessageItem {
  const id = text(data['message_id']);
  const found = find<MessageItem>(state, id, 'message');
  if (found) return found;
  const role = data['role'] === 'user' || (!data['role'] && event.actor.kind === 'user') ? 'user' : 'assistant';
  const made: MessageItem = {
    ...base(event, id), kind: 'message', role, text: '', streaming: role === 'assistant', queued: false,
  };
  add(state, made);
  if (role === 'user') settle(state, event, id, text(data['text']));
  return made;
}

/** A prompt that came back by the stream takes the place of its optimistic twin. */
function settle(state: ViewState, event: StreamEvent, messageId: string, content: string): void {
  const at = state.pending.findIndex((pending) => pending.messageId === messageId
    || (pending.messageId === null && !pending.refusal && event.actor.kind === 'user' && pending.content === content));
  if (at >= 0) state.pending = state.pending.filter((_, index) => index !== at);
}

const endMessage: Reducer = (state, event, data) => {
  const item = message(state, event, data);
  const whole = typeof data['text'] === 'string' ? data['text'] : item.text;
  change(state, item, event, { text: whole, streaming: false });
  if (item.role === 'user') settle(state, event, item.id, whole);
};

function reasoning(state: ViewState, event: StreamEvent, data: Data): ReasoningItem {
  const id = `reasoning-${text(data['message_id']) || event.run || 'session'}`;
  const found = find<ReasoningItem>(state, id, 'reasoning');
  if (found) return found;
  const made: ReasoningItem = {
    ...base(event, id), kind: 'reasoning', text: '', streaming: true, endedAt: null,
  };
  add(state, made);
  return made;
}

function tool(state: ViewState, event: StreamEvent, data: Data): ToolItem {
  const id = text(data['tool_call_id']);
  const found = find<ToolItem>(state, id, 'tool');
  if (found) return found;
  const made: ToolItem = {
    ...base(event, id), kind: 'tool', tool: text(data['tool']) || t('tool'), args: null, output: '',
    status: 'pending', exitCode: null, durationMs: null, costUsd: null, danger: text(data['danger']) || 'none',
    blob: null, approvalId: null, endedAt: null,
  };
  add(state, made);
  const run = event.run ? state.runs.get(event.run) : undefined;
  if (run) state.runs.set(run.id, { ...run, tools: run.tools + 1 });
  return made;
}

/** Keeps the end of a long output: that is where a running command is. */
function tail(output: string): string {
  return output.length > OUTPUT_LIMIT ? output.slice(-OUTPUT_LIMIT) : output;
}

function resultStatus(data: Data): ToolStatus {
  const status = text(data['status']);
  if (status === 'denied' || status === 'cancelled' || status === 'error' || status === 'ok') return status;
  return status === 'failed' ? 'error' : 'ok';
}

const toolResult: Reducer = (state, event, data) => {
  const item = tool(state, event, data);
  change(state, item, event, {
    status: resultStatus(data),
    output: typeof data['content'] === 'string' ? tail(data['content']) : item.output,
    exitCode: number(data['exit_code']),
    durationMs: number(data['duration_ms']),
    costUsd: number(data['cost_usd']),
    danger: text(data['danger']) || item.danger,
    blob: text(data['blob']) || null,
    endedAt: Date.parse(event.at),
  });
  state.approvals = state.approvals.filter((approval) => approval.toolCallId !== item.id);
};

function setRun(state: ViewState, event: StreamEvent, changes: Partial<Run>): Run | undefined {
  if (!event.run) return undefined;
  const known = state.runs.get(event.run) ?? {
    id: event.run, startedAt: Date.parse(event.at), endedAt: null, status: 'running', actor: event.actor, tools: 0,
  } satisfies Run;
  const run = { ...known, ...changes };
  state.runs.set(run.id, run);
  return run;
}

const runStarted: Reducer = (state, event) => {
  setRun(state, event, { status: 'running', endedAt: null });
  state.activeRun = event.run;
  const started = state.queue.find((queued) => queued.runId === event.run);
  state.queue = state.queue.filter((queued) => queued.runId !== event.run);
  const prompt = started && find<MessageItem>(state, started.messageId, 'message');
  if (prompt) change(state, prompt, event, { queued: false });
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
    }
  }
}

const endRun = (statusOf: (data: Data) => 'completed' | 'failed' | 'cancelled'): Reducer => (state, event, data) => {
  const status = statusOf(data);
  const run = setRun(state, event, { status, endedAt: Date.parse(event.at) });
  closeOpenItems(state, event);
  if (state.activeRun === event.run) state.activeRun = null;
  state.queue = state.queue.filter((queued) => queued.runId !== event.run);
  state.approvals = state.approvals.filter((approval) => itemRun(state, approval.toolCallId) !== event.run);
  add(state, {
    ...base(event, `run-${event.run ?? event.seq}-${event.seq}`), kind: 'run', status,
    startedAt: run?.startedAt ?? Date.parse(event.at), tools: run?.tools ?? 0,
    error: text(data['message']) || text(data['detail']) || text(data['code']),
  });
};

function itemRun(state: ViewState, id: string): string | null | undefined {
  return find<ToolItem>(state, id, 'tool')?.run;
}

const queued: Reducer = (state, event, data) => {
  const id = text(data['message_id']);
  const runId = text(data['run_id']) || event.run || '';
  if (state.runs.has(runId)) return;
  const prompt = find<MessageItem>(state, id, 'message');
  if (prompt && state.activeRun) change(state, prompt, event, { queued: true });
  const content = text(data['content']) || prompt?.text || '';
  state.queue = [...state.queue.filter((one) => one.runId !== runId), { messageId: id, runId, content, actor: event.actor }];
  settle(state, event, id, content);
};

const approvalRequested: Reducer = (state, event, data) => {
  const toolCallId = text(data['tool_call_id']);
  const item = tool(state, event, data);
  const danger = text(data['danger']) || 'none';
  change(state, item, event, {
    status: 'waiting', approvalId: text(data['approval_id']), danger, args: item.args ?? data['input'] ?? null,
  });
  state.approvals = [...state.approvals, {
    id: text(data['approval_id']), toolCallId, tool: item.tool, input: data['input'] ?? item.args,
    reason: text(data['reason']), danger, at: Date.parse(event.at), seq: event.seq,
  }];
  setRun(state, event, { status: 'waiting' });
};

const DECISIONS: Record<string, [string, string]> = {
  approved: ['good', 'approved'], denied: ['bad', 'denied'], expired: ['', 'let expire'], withdrawn: ['', 'withdrew'],
};

const approvalDecided: Reducer = (state, event, data) => {
  const id = text(data['approval_id']);
  const approval = state.approvals.find((one) => one.id === id);
  state.approvals = state.approvals.filter((one) => one.id !== id);
  const status = text(data['status']);
  const item = state.items.find((one) => one.kind === 'tool' && one.approvalId === id) as ToolItem | undefined;
  if (item?.status === 'waiting') {
    change(state, item, event, { status: status === 'approved' ? 'running' : 'denied' });
  }
  if (event.run && state.runs.get(event.run)?.status === 'waiting' && state.approvals.length === 0) {
    setRun(state, event, { status: 'running' });
  }
  const [tone, verb] = DECISIONS[status] ?? ['', status];
  const by = data['decided_by'];
  const who = typeof by === 'object' && by !== null ? text((by as Data)['name']) || text((by as Data)['username']) : '';
  note(state, event, status === 'approved' ? 'shield-check' : 'shield',
    t('{who} {verb} {tool}', { who: who || event.actor.name, verb: t(verb), tool: approval?.tool ?? item?.tool ?? '' }), tone);
};

const args: Reducer = (state, event, data) => {
  const item = tool(state, event, data);
  const given = data['args'] ?? data['delta'];
  const joined = typeof given === 'string' && typeof item.args === 'string' ? item.args + given : given;
  change(state, item, event, { args: joined });
};

/** What each event type does to the view; types that are not here change nothing. */
export const reducers: Record<string, Reducer> = {
  RUN_STARTED: runStarted,
  RUN_FINISHED: endRun((data) => (data['outcome'] === 'cancelled' ? 'cancelled' : 'completed')),
  RUN_ERROR: endRun(() => 'failed'),
  TEXT_MESSAGE_START: ifWhole((state, event, data) => void message(state, event, data)),
  TEXT_MESSAGE_CONTENT: ifWhole((state, event, data) => {
    if (!text(data['delta'])) return;
    const item = message(state, event, data);
    change(state, item, event, { text: item.text + text(data['delta']) });
  }),
  TEXT_MESSAGE_END: orErased(endMessage),
  REASONING_START: ifWhole((state, event, data) => void reasoning(state, event, data)),
  REASONING_MESSAGE_CONTENT: ifWhole((state, event, data) => {
    const item = reasoning(state, event, data);
    change(state, item, event, { text: item.text + text(data['delta']) });
  }),
  REASONING_END: ifWhole((state, event, data) => {
    const item = reasoning(state, event, data);
    const whole = typeof data['text'] === 'string' ? data['text'] : item.text;
    change(state, item, event, { text: whole, streaming: false, endedAt: Date.parse(event.at) });
  }),
  TOOL_CALL_START: ifWhole((state, event, data) => {
    const item = tool(state, event, data);
    if (data['args'] !== undefined) change(state, item, event, { args: data['args'] });
  }),
  TOOL_CALL_ARGS: ifWhole(args),
  TOOL_CALL_END: ifWhole((state, event, data) => {
    const item = tool(state, event, data);
    if (item.status === 'pending') change(state, item, event, { status: 'running' });
  }),
  TOOL_CALL_RESULT: orErased(toolResult),
  'CUSTOM:tool.output': (state, event, data) => {
    const item = tool(state, event, data);
    const status = item.endedAt === null ? 'running' : item.status;
    change(state, item, event, { output: tail(item.output + text(data['delta'])), status });
  },
  'CUSTOM:prompt.queued': queued,
  'CUSTOM:approval.requested': approvalRequested,
  'CUSTOM:approval.decided': approvalDecided,
  'CUSTOM:run.waiting': (state, event) => void setRun(state, event, { status: 'waiting' }),
  'CUSTOM:session.renamed': (state, event, data) => {
    state.name = text(data['new_name']) || text(data['to']) || text(data['session_name']) || state.name;
    note(state, event, 'pencil', t('{who} renamed the session', { who: event.actor.name }));
  },
  'CUSTOM:session.shared': (state, event) => note(state, event, 'share', t('{who} shared the session', { who: event.actor.name })),
  'CUSTOM:session.unshared': (state, event) => note(state, event, 'lock', t('{who} withdrew access', { who: event.actor.name })),
  'CUSTOM:session.archived': (state, event) => {
    state.archived = true;
    note(state, event, 'archive', t('{who} archived the session', { who: event.actor.name }));
  },
  'CUSTOM:session.unarchived': (state, event) => {
    state.archived = false;
    note(state, event, 'resume', t('{who} brought the session back', { who: event.actor.name }));
  },
};
for (const type of ['REASONING_MESSAGE_START']) reducers[type] = reducers['REASONING_START'] as Reducer;
for (const type of ['REASONING_MESSAGE_END']) reducers[type] = reducers['REASONING_END'] as Reducer;
for (const type of ['REASONING_CONTENT']) reducers[type] = reducers['REASONING_MESSAGE_CONTENT'] as Reducer;
