import { get, ProblemError } from '../../lib/api';
import type { EventPage, StreamEvent } from '../../lib/events';
import type { Ending } from '../../lib/ws';
import { mergeApprovals } from './local';
import { emptyState, reduce, type Approval, type ViewState } from './state';

const FIRST_LOAD = 1000;
const PAGE = 500;

interface ApprovalRow {
  id: string;
  session_id: string;
  tool_call_id: string;
  tool: string;
  input: unknown;
  reason: string;
  danger: string;
  requested_at: string;
}

/** Which refusals mean that this session is over for this person. */
export function endingOf(error: unknown): Ending | undefined {
  if (!(error instanceof ProblemError)) return undefined;
  const endings: Record<number, Ending> = { 401: 'signed-out', 403: 'access-gone', 404: 'access-gone' };
  return endings[error.problem.status];
}

/** The events a page holds and the state made of them; older events are fetched when asked for. */
export class SessionStore {
  state: ViewState = emptyState();
  /** The events up to this seq are not on the page. */
  base = 0;
  private events: StreamEvent[] = [];

  constructor(readonly id: string, private readonly signal: AbortSignal) {}

  /** One page of events, waiting for the first one up to `wait` seconds. */
  fetch = (after: number, wait: number, signal: AbortSignal): Promise<EventPage> =>
    get<EventPage>(`/sessions/${this.id}/events?after=${after}&wait=${wait}`, signal);

  /** Reads the newest events up to `last` and the approvals that may be older than they are. */
  async load(last: number): Promise<void> {
    this.base = Math.max(0, last - FIRST_LOAD);
    await this.read(this.base, last, (events) => this.take(events));
    await this.loadApprovals();
  }

  /** Reads the events after one seq up to another, page by page: how many a page holds is the server's to say. */
  private async read(after: number, last: number, take: (events: StreamEvent[]) => void): Promise<void> {
    for (let at = after; at < last;) {
      const page = await this.fetch(at, 0, this.signal);
      const end = page.events.at(-1)?.seq ?? at;
      if (end <= at) break;
      take(page.events);
      at = end;
    }
  }

  /** Applies new events. */
  take(events: StreamEvent[]): void {
    const known = this.state.lastSeq;
    this.state = reduce(this.state, events);
    this.events.push(...events.filter((event) => event.seq > known));
  }

  /** Fetches the page before the first event; the state is made anew from all of them. */
  async loadEarlier(): Promise<void> {
    const from = Math.max(0, this.base - PAGE);
    const earlier: StreamEvent[] = [];
    await this.read(from, this.base, (events) => void earlier.push(...events));
    this.events = [...earlier.filter((event) => event.seq <= this.base), ...this.events];
    this.base = from;
    const { pending, approvals } = this.state;
    this.state = mergeApprovals({ ...reduce(emptyState(), this.events), pending }, approvals);
  }

  private async loadApprovals(): Promise<void> {
    const page = await get<{ results: ApprovalRow[] }>('/approvals', this.signal);
    const mine = page.results.filter((row) => row.session_id === this.id).map((row): Approval => ({
      id: row.id, toolCallId: row.tool_call_id, tool: row.tool, input: row.input, reason: row.reason,
      danger: row.danger, at: Date.parse(row.requested_at), seq: 0,
    }));
    this.state = mergeApprovals(this.state, mine);
  }
}
