import { idempotencyKey, get, ProblemError, send } from '../../lib/api';
import { need, slot } from '../../lib/dom';
import type { EventPage, StreamEvent } from '../../lib/events';
import { duration } from '../../lib/format';
import { nt, t } from '../../lib/i18n';
import { toastError } from '../../lib/toast';
import { StreamConnection, type Ending } from '../../lib/ws';
import { mountColumns } from './columns';
import { mountComposer } from './composer';
import { ConnectionBar } from './connection-bar';
import { Context, type SessionFigures } from './context';
import { Conversation } from './conversation';
import { addPending, confirmPending, dropPending, mergeApprovals } from './local';
import { Refresher } from './refresh';
import { emptyState, reduce, type Approval, type Item, type ViewState } from './state';
import { TimelineView } from './timeline-view';
import type { Actions } from './views';

const FIRST_LOAD = 1000;
const PAGE = 500;
const LOOKING_EVERY_MS = 3000;

function endingOf(error: unknown): Ending | undefined {
  if (!(error instanceof ProblemError)) return undefined;
  return ({ 401: 'signed-out', 403: 'access-gone', 404: 'access-gone' } as const)[error.problem.status as 401];
}

/** The session page, alive: everything it shows is `reduce(events)`. */
class SessionPage {
  private state: ViewState = emptyState();
  private events: StreamEvent[] = [];
  private base = 0;
  private frame = 0;
  private readonly id: string;
  private readonly conversation: Conversation;
  private readonly context: Context;
  private readonly timeline: TimelineView | null;
  private readonly bar: ConnectionBar;
  private readonly refresher: Refresher;
  private connection: StreamConnection | null = null;
  private readonly ticker: ReturnType<typeof setInterval>;
  private readonly leaving = new AbortController();

  constructor(private readonly root: HTMLElement) {
    this.id = root.dataset['sessionId'] ?? '';
    const actions: Actions = {
      canFork: root.dataset['canFork'] === 'true',
      canDecide: root.dataset['canDecide'] === 'true',
      fork: (messageId) => void this.fork(messageId),
      decide: (approvalId, verdict) => this.decide(approvalId, verdict),
    };
    this.conversation = new Conversation(root, actions, root.dataset['meName'] ?? '');
    this.context = new Context(root, actions);
    const strip = slot(root, 'timeline');
    this.timeline = strip ? new TimelineView(strip as HTMLDetailsElement, (id) => this.conversation.reveal(id, this.state)) : null;
    this.bar = new ConnectionBar(slot(root, 'connection'));
    this.refresher = new Refresher(root, () => this.loadFigures());
    this.ticker = setInterval(() => this.tick(), 1000);
    mountColumns(root);
    this.wire();
  }

  async start(): Promise<void> {
    const last = Number(this.root.dataset['lastSeq'] ?? 0);
    this.base = Math.max(0, last - FIRST_LOAD);
    try {
      await this.load(this.base, last);
      await this.loadApprovals();
    } catch (error) {
      const ending = endingOf(error);
      if (ending) return this.bar.show('ended', ending);
    }
    if (this.leaving.signal.aborted) return;
    this.renderNow();
    this.conversation.toEnd();
    this.follow();
  }

  stop(): void {
    this.leaving.abort();
    this.connection?.stop();
    this.conversation.destroy();
    this.refresher.stop();
    clearInterval(this.ticker);
    cancelAnimationFrame(this.frame);
  }

  private fetchEvents = (after: number, wait: number, signal: AbortSignal): Promise<EventPage> =>
    get<EventPage>(`/sessions/${this.id}/events?after=${after}&wait=${wait}`, signal);

  private async load(after: number, until: number): Promise<void> {
    let at = after;
    while (at < until) {
      const page = await this.fetchEvents(at, 0, this.leaving.signal);
      const end = page.events.at(-1)?.seq ?? at;
      if (end <= at) return;
      this.take(page.events);
      at = end;
    }
  }

  private async loadApprovals(): Promise<void> {
    type Row = { id: string; session_id: string; tool_call_id: string; tool: string; input: unknown; reason: string; danger: string; requested_at: string };
    const page = await get<{ results: Row[] }>('/approvals', this.leaving.signal);
    const mine = page.results.filter((row) => row.session_id === this.id).map((row): Approval => ({
      id: row.id, toolCallId: row.tool_call_id, tool: row.tool, input: row.input, reason: row.reason,
      danger: row.danger, at: Date.parse(row.requested_at), seq: 0,
    }));
    this.state = mergeApprovals(this.state, mine);
  }

  private async loadFigures(): Promise<void> {
    this.context.showFigures(await get<SessionFigures>(`/sessions/${this.id}`, this.leaving.signal));
  }

  private follow(): void {
    const scheme = location.protocol === 'https:' ? 'wss' : 'ws';
    this.connection = new StreamConnection({
      url: `${scheme}://${location.host}/ws/sessions/${this.id}`,
      after: this.state.lastSeq || this.base,
      fetchEvents: this.fetchEvents,
      endingOf,
      onEvents: (events) => this.onEvents(events),
      onPresence: (people) => this.context.showPeople(people),
      onLink: (link, ending) => this.bar.show(link, ending),
    });
    this.connection.start();
  }

  private take(events: StreamEvent[]): void {
    this.events.push(...events.filter((event) => event.seq > this.state.lastSeq));
    this.state = reduce(this.state, events);
  }

  private onEvents(events: StreamEvent[]): void {
    this.take(events);
    this.announce(events);
    this.refresher.notice(events);
    for (const event of events) this.noteOutcome(event);
    this.render();
  }

  private noteOutcome(event: StreamEvent): void {
    const failed = event.type === 'RUN_ERROR' || (event.type === 'RUN_FINISHED' && event.data['outcome'] === 'cancelled');
    if (failed || event.type === 'RUN_FINISHED') this.root.dataset['resumable'] = String(failed);
  }

  private render(): void {
    if (this.frame) return;
    // A hidden page gets no frames, but its title and figures must be right when it comes back.
    this.frame = document.hidden ? window.setTimeout(() => this.renderNow(), 250) : requestAnimationFrame(() => this.renderNow());
  }

  private renderNow(): void {
    this.frame = 0;
    this.conversation.render(this.state);
    this.context.render(this.state);
    this.timeline?.render(this.state);
    this.showEarlier();
    this.tick();
  }

  private showEarlier(): void {
    let place = slot(this.root, 'earlier');
    const more = this.base > 0 || this.state.items.length > 300;
    if (!more) return place?.remove();
    if (place?.dataset['live']) return;
    const button = document.createElement('button');
    button.className = 'btn btn-sm';
    button.type = 'button';
    button.textContent = t('Show earlier');
    button.addEventListener('click', () => void this.loadEarlier(button));
    place ??= document.createElement('p');
    place.className = 'earlier';
    place.dataset['slot'] = 'earlier';
    place.dataset['live'] = 'true';
    place.replaceChildren(button);
    need(this.root, '[data-slot=scroller]').prepend(place);
  }

  private async loadEarlier(button: HTMLButtonElement): Promise<void> {
    if (this.conversation.showMore(this.state)) return;
    if (this.base === 0) return button.parentElement?.remove();
    button.disabled = true;
    try {
      const from = Math.max(0, this.base - PAGE);
      const page = await this.fetchEvents(from, 0, this.leaving.signal);
      const older = page.events.filter((event) => event.seq <= this.base);
      this.base = from;
      this.events = [...older, ...this.events];
      const { pending } = this.state;
      this.conversation.keepPlace(() => {
        this.state = { ...reduce(emptyState(), this.events), pending };
        this.conversation.render(this.state);
      });
    } catch (error) {
      toastError(error);
    } finally {
      button.disabled = false;
    }
  }

  private tick(): void {
    const place = slot(this.root, 'run-status');
    const run = this.state.activeRun ? this.state.runs.get(this.state.activeRun) : undefined;
    if (!place) return;
    if (!run) {
      if (this.state.lastSeq > 0) place.replaceChildren();
      return;
    }
    const word = run.status === 'waiting' ? t('Waiting for approval') : t('Working for {span}', { span: duration(Date.now() - run.startedAt) });
    const tools = run.tools > 0 ? ` · ${nt('{n} tool call', '{n} tool calls', run.tools)}` : '';
    place.textContent = word + tools;
    if (run.status === 'running') this.timeline?.render(this.state);
  }

  private announce(events: StreamEvent[]): void {
    const words: Record<string, string> = {
      RUN_FINISHED: t('Run finished'), RUN_ERROR: t('Run failed'), 'approval.requested': t('A tool call waits for approval'),
    };
    const heard = events.map((event) => words[event.type === 'CUSTOM' ? String(event.data['name']) : event.type]
      ?? (event.type === 'TEXT_MESSAGE_END' ? t('{who} wrote', { who: event.actor.name }) : '')).filter(Boolean).at(-1);
    const announcer = slot(this.root, 'announcer');
    if (heard && announcer) announcer.textContent = heard;
  }

  private async prompt(content: string): Promise<void> {
    const key = idempotencyKey();
    this.state = addPending(this.state, key, content, Date.now());
    this.conversation.toEnd();
    this.renderNow();
    try {
      const made = await send<{ id: string }>(`/sessions/${this.id}/messages`, { content }, { key });
      this.state = confirmPending(this.state, key, made.id);
    } catch (error) {
      this.state = dropPending(this.state, key);
      throw error;
    } finally {
      this.render();
    }
  }

  private async decide(approvalId: string, verdict: 'approve' | 'deny'): Promise<void> {
    try {
      await send(`/approvals/${approvalId}/${verdict}`);
      this.state = { ...this.state, approvals: this.state.approvals.filter((one) => one.id !== approvalId) };
      this.render();
    } catch (error) {
      toastError(error);
    }
  }

  private async fork(messageId: string): Promise<void> {
    try {
      const made = await send<{ id: string }>(`/sessions/${this.id}/fork`, { message_id: messageId });
      location.assign(location.pathname.replace(this.id, made.id));
    } catch (error) {
      toastError(error);
    }
  }

  private async verb(form: HTMLFormElement): Promise<void> {
    const verb = form.dataset['verb'];
    const button = form.querySelector('button[type=submit]');
    button?.setAttribute('aria-busy', 'true');
    const before = this.root.dataset['state'] ?? 'idle';
    try {
      if (verb === 'rename') {
        const name = String(new FormData(form).get('name') ?? '').trim();
        form.closest<HTMLElement>('[popover]')?.hidePopover();
        this.context.setName(name);
        await send(`/sessions/${this.id}`, { name }, { method: 'PATCH' });
      } else {
        if (verb === 'cancel') this.context.setStatus('idle');
        await send(`/sessions/${this.id}/${verb}`);
      }
    } catch (error) {
      this.context.setStatus(before);
      if (verb === 'rename') void this.loadFigures().catch(toastError);
      toastError(error);
    } finally {
      button?.removeAttribute('aria-busy');
    }
  }

  private wire(): void {
    const signal = this.leaving.signal;
    for (const form of document.querySelectorAll<HTMLFormElement>('form[data-verb]')) {
      if (form.dataset['verb'] === 'prompt') {
        mountComposer(form, { sessionId: this.id, submit: (content) => this.prompt(content), typing: () => this.connection?.say({ kind: 'typing' }) });
        continue;
      }
      form.addEventListener('submit', (event) => {
        event.preventDefault();
        void this.verb(form);
      }, { signal });
    }
    addEventListener('online', () => this.connection?.wake(), { signal });
    document.addEventListener('visibilitychange', () => {
      if (!document.hidden) this.connection?.wake();
    }, { signal });
    let looked = 0;
    need(this.root, '[data-slot=scroller]').addEventListener('scroll', () => {
      if (Date.now() - looked < LOOKING_EVERY_MS) return;
      looked = Date.now();
      this.connection?.say({ kind: 'looking', seq: this.conversation.lookingAt(this.state) });
    }, { signal, passive: true });
  }
}

export type { Item };

/** Takes over the session page that the server rendered. */
export function mount(element: HTMLElement): () => void {
  const page = new SessionPage(element);
  void page.start();
  return () => page.stop();
}
