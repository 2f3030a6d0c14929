import type { StreamEvent } from '../../lib/events';
import { t } from '../../lib/i18n';
import { add, base, change, find, ifWhole, note, number, orErased, text, type Data, type Reducer } from './items';
import type { ToolItem, ToolStatus, ViewState } from './state';

/** Output kept per tool call; the whole stays behind the blob link. */
export const OUTPUT_LIMIT = 64 * 1024;

/** The call an event belongs to, opened when this is the first of it on the page. */
export function tool(state: ViewState, event: StreamEvent, data: Data, id = text(data['tool_call_id'])): ToolItem {
  const found = find<ToolItem>(state, id, 'tool');
  if (found) return found;
  const made: ToolItem = {
    ...base(event, id), kind: 'tool', tool: text(data['tool']) || t('tool'), args: null, output: '',
    status: 'pending', exitCode: null, durationMs: null, costUsd: null, danger: text(data['danger']) || 'none',
    blob: null, outputBytes: null, approvalId: null, reason: '', endedAt: null, brokered: true,
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

const STATUSES: Record<string, ToolStatus> = {
  ok: 'ok', completed: 'ok', error: 'error', failed: 'error', denied: 'denied', cancelled: 'cancelled',
  pending: 'pending', in_progress: 'running', running: 'running',
};

const result: Reducer = (state, event, data) => {
  const item = tool(state, event, data);
  change(state, item, event, {
    // The beginning of the call may lie before the first event the page holds.
    tool: text(data['tool']) || item.tool,
    status: STATUSES[text(data['status'])] ?? 'ok',
    output: typeof data['content'] === 'string' ? tail(data['content']) : item.output,
    exitCode: number(data['exit_code']),
    durationMs: number(data['duration_ms']),
    costUsd: number(data['cost_usd']),
    danger: text(data['danger']) || item.danger,
    blob: text(data['blob']) || null,
    outputBytes: number(data['output_bytes']),
    endedAt: Date.parse(event.at),
  });
  state.approvals = state.approvals.filter((approval) => approval.toolCallId !== item.id);
};

const argumentsOf: Reducer = (state, event, data) => {
  const item = tool(state, event, data);
  const given = data['args'] ?? data['delta'];
  const joined = typeof given === 'string' && typeof item.args === 'string' ? item.args + given : given;
  change(state, item, event, { args: joined });
};

/** A call that a contained agent made by itself: seen, not brokered. */
const observed: Reducer = (state, event, data) => {
  const item = tool(state, event, data, `observed-${event.run}-${text(data['call_id'])}`);
  const status = STATUSES[text(data['status'])] ?? item.status;
  const ended = status === 'ok' || status === 'error' || status === 'cancelled';
  change(state, item, event, {
    status, brokered: false, args: data['input'] ?? item.args, output: text(data['content']) || item.output,
    endedAt: ended ? Date.parse(event.at) : null,
    durationMs: ended ? Date.parse(event.at) - item.at : null,
  });
};

const requested: Reducer = (state, event, data) => {
  const item = tool(state, event, data);
  const id = text(data['approval_id']);
  const danger = text(data['danger']) || 'none';
  change(state, item, event, { status: 'waiting', approvalId: id, reason: text(data['reason']), danger, args: item.args ?? data['input'] ?? null });
  state.approvals = [...state.approvals, {
    id, toolCallId: item.id, tool: item.tool, input: data['input'] ?? item.args, reason: text(data['reason']),
    danger, at: Date.parse(event.at), seq: event.seq,
  }];
  const run = event.run ? state.runs.get(event.run) : undefined;
  if (run) state.runs.set(run.id, { ...run, status: 'waiting' });
};

function decisionNote(state: ViewState, event: StreamEvent, status: string, name: string): void {
  const words = { who: event.actor.name, tool: name };
  if (status === 'approved') note(state, event, 'shield-check', t('{who} approved {tool}', words), 'good');
  else if (status === 'denied') note(state, event, 'shield', t('{who} denied {tool}', words), 'bad');
  else if (status === 'expired') note(state, event, 'clock', t('Nobody decided about {tool} in time', words));
  else note(state, event, 'shield', t('The request for {tool} was withdrawn', words));
}

const decided: Reducer = (state, event, data) => {
  const id = text(data['approval_id']);
  const approval = state.approvals.find((one) => one.id === id);
  state.approvals = state.approvals.filter((one) => one.id !== id);
  const status = text(data['status']);
  const item = find<ToolItem>(state, approval?.toolCallId ?? text(data['tool_call_id']), 'tool');
  if (item?.status === 'waiting') change(state, item, event, { status: status === 'approved' ? 'running' : 'denied' });
  const run = event.run ? state.runs.get(event.run) : undefined;
  if (run?.status === 'waiting' && state.approvals.length === 0) state.runs.set(run.id, { ...run, status: 'running' });
  decisionNote(state, event, status, approval?.tool ?? item?.tool ?? t('the call'));
};

/** Tool calls and the approvals they wait for. */
export const tools: Record<string, Reducer> = {
  TOOL_CALL_START: ifWhole((state, event, data) => {
    const item = tool(state, event, data);
    if (data['args'] !== undefined) change(state, item, event, { args: data['args'] });
  }),
  TOOL_CALL_ARGS: ifWhole(argumentsOf),
  TOOL_CALL_END: ifWhole((state, event, data) => {
    const item = tool(state, event, data);
    if (item.status === 'pending') change(state, item, event, { status: 'running' });
  }),
  TOOL_CALL_RESULT: orErased(result),
  'CUSTOM:tool.output': (state, event, data) => {
    const item = tool(state, event, data);
    const status = item.endedAt === null ? 'running' : item.status;
    change(state, item, event, { output: tail(item.output + text(data['delta'])), status });
  },
  'CUSTOM:tool.observed': observed,
  'CUSTOM:approval.requested': requested,
  'CUSTOM:approval.decided': decided,
};
