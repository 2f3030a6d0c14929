import type { Attached } from './tray';
import type { Actor, StreamEvent } from '../../lib/events';
import { reducers } from './reducers';

export type ToolStatus = 'pending' | 'running' | 'waiting' | 'ok' | 'error' | 'denied' | 'cancelled';

interface Base {
  /** Stable key of the item; events that belong to it name it. */
  id: string;
  /** The event that opened it. */
  seq: number;
  /** The last event that touched it. */
  lastSeq: number;
  at: number;
  actor: Actor;
  run: string | null;
}

export interface MessageItem extends Base {
  kind: 'message';
  role: 'user' | 'assistant';
  text: string;
  streaming: boolean;
  queued: boolean;
  attachments?: readonly Attached[];
}

export interface ReasoningItem extends Base {
  kind: 'reasoning';
  text: string;
  streaming: boolean;
  endedAt: number | null;
}

export interface ToolItem extends Base {
  kind: 'tool';
  tool: string;
  args: unknown;
  output: string;
  status: ToolStatus;
  exitCode: number | null;
  durationMs: number | null;
  costUsd: number | null;
  danger: string;
  blob: string | null;
  /** Size of all the output, of which only a part may be here. */
  outputBytes: number | null;
  approvalId: string | null;
  /** Why it waits for a decision. */
  reason: string;
  endedAt: number | null;
  /** False when a contained agent ran it by itself. */
  brokered: boolean;
}

export interface NoteItem extends Base {
  kind: 'note';
  icon: string;
  text: string;
  tone: string;
}

export interface RunItem extends Base {
  kind: 'run';
  status: 'completed' | 'failed' | 'cancelled';
  startedAt: number;
  tools: number;
  error: string;
}

export type Item = MessageItem | ReasoningItem | ToolItem | NoteItem | RunItem;

export interface Run {
  id: string;
  startedAt: number;
  endedAt: number | null;
  status: 'queued' | 'running' | 'waiting' | 'completed' | 'failed' | 'cancelled';
  actor: Actor;
  tools: number;
}

export interface Queued {
  messageId: string;
  runId: string;
  content: string;
  actor: Actor;
}

export interface Approval {
  id: string;
  toolCallId: string;
  tool: string;
  input: unknown;
  reason: string;
  danger: string;
  at: number;
  seq: number;
}

/** A prompt the page shows before the server has confirmed it. */
export interface Pending {
  key: string;
  content: string;
  at: number;
  messageId: string | null;
}

/** All that the session page shows, made of nothing but the events. */
export interface ViewState {
  firstSeq: number;
  lastSeq: number;
  items: Item[];
  index: Map<string, number>;
  runs: Map<string, Run>;
  activeRun: string | null;
  queue: Queued[];
  approvals: Approval[];
  pending: Pending[];
  name: string | null;
  archived: boolean | null;
  /** The level the last run was contained by. */
  sandbox: string | null;
}

export function emptyState(): ViewState {
  return {
    firstSeq: 0, lastSeq: 0, items: [], index: new Map(), runs: new Map(), activeRun: null,
    queue: [], approvals: [], pending: [], name: null, archived: null, sandbox: null,
  };
}

/**
 * Applies events to a state and answers with a new one; the old one stays as it was, and an item
 * that did not change is the same object, so that a renderer compares by identity.
 * Events already seen are skipped: applying a page twice changes nothing.
 */
export function reduce(state: ViewState, events: readonly StreamEvent[]): ViewState {
  const fresh = events.filter((event) => event.seq > state.lastSeq);
  if (fresh.length === 0) return state;
  const next: ViewState = {
    ...state,
    items: state.items.slice(),
    index: new Map(state.index),
    runs: new Map(state.runs),
    queue: state.queue.slice(),
    approvals: state.approvals.slice(),
  };
  for (const event of fresh) {
    if (event.seq <= next.lastSeq) continue;
    if (next.firstSeq === 0) next.firstSeq = event.seq;
    next.lastSeq = event.seq;
    const custom = event.type === 'CUSTOM';
    reducers[custom ? `CUSTOM:${String(event.data['name'])}` : event.type]?.(next, event, payload(event));
  }
  return next;
}

/** AG-UI puts the content of a CUSTOM event under `value`; both places are read. */
function payload(event: StreamEvent): Record<string, unknown> {
  const value = event.data['value'];
  return event.type === 'CUSTOM' && typeof value === 'object' && value !== null
    ? { ...event.data, ...(value as Record<string, unknown>) } : event.data;
}

/** The status word of the whole session as the events tell it; null when they do not. */
export function sessionStatus(state: ViewState): string | null {
  if (state.archived) return 'archived';
  const run = state.activeRun ? state.runs.get(state.activeRun) : undefined;
  if (run) return run.status;
  if (state.queue.length > 0) return 'queued';
  return state.runs.size > 0 || state.archived === false ? 'idle' : null;
}
