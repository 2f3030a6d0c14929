import { get } from '../../lib/api';
import { h, need, slot } from '../../lib/dom';
import type { StreamEvent } from '../../lib/events';
import { t } from '../../lib/i18n';
import { toastError } from '../../lib/toast';
import { StreamConnection } from '../../lib/ws';
import { mountColumns } from './columns';
import { mountComposer } from './composer';
import { ConnectionBar } from './connection-bar';
import { Context, type SessionFigures } from './context';
import { Conversation } from './conversation';
import { Refresher } from './refresh';
import { announce, runLine } from './run-status';
import { endingOf, SessionStore } from './store';
import { TimelineView } from './timeline-view';
import { Verbs } from './verbs';

const LOOKING_EVERY_MS = 3000;
const NEAR_TOP_PX = 300;

/** The session page, alive: everything it shows is made of the events. */
class SessionPage {
  private readonly leaving = new AbortController();
  private readonly store: SessionStore;
  private readonly verbs: Verbs;
  private readonly conversation: Conversation;
  private readonly context: Context;
  private readonly timeline: TimelineView | null;
  private readonly bar: ConnectionBar;
  private readonly refresher: Refresher;
  private readonly ticker: ReturnType<typeof setInterval>;
  private connection: StreamConnection | null = null;
  private frame = 0;

  constructor(private readonly root: HTMLElement) {
    this.store = new SessionStore(root.dataset['sessionId'] ?? '', this.leaving.signal);
    const actions = {
      sessionId: this.store.id,
      canFork: root.dataset['canFork'] === 'true',
      canDecide: root.dataset['canDecide'] === 'true',
      fork: (messageId: string) => void this.verbs.fork(messageId),
      decide: (approvalId: string, verdict: 'approve' | 'deny') => this.verbs.decide(approvalId, verdict),
    };
    this.conversation = new Conversation(root, actions, root.dataset['meName'] ?? '');
    this.context = new Context(root, actions);
    this.verbs = new Verbs(root, this.store, this.context, () => this.render());
    const strip = slot(root, 'timeline');
    this.timeline = strip && new TimelineView(strip as HTMLDetailsElement, (id) => this.conversation.reveal(id, this.store.state));
    this.bar = new ConnectionBar(slot(root, 'connection'));
    this.refresher = new Refresher(root, () => this.loadFigures());
    this.ticker = setInterval(() => this.tick(), 1000);
    mountColumns(root);
    this.wireForms();
    this.wirePage();
  }

  async start(): Promise<void> {
    try {
      await this.store.load(Number(this.root.dataset['lastSeq'] ?? 0));
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

  private follow(): void {
    const scheme = location.protocol === 'https:' ? 'wss' : 'ws';
    this.connection = new StreamConnection({
      url: `${scheme}://${location.host}/ws/sessions/${this.store.id}`,
      after: this.store.state.lastSeq || this.store.base,
      fetchEvents: this.store.fetch,
      endingOf,
      onEvents: (events) => this.onEvents(events),
      onPresence: (people) => this.context.showPeople(people),
      onLink: (link, ending) => {
        this.root.dataset['link'] = link;
        this.bar.show(link, ending);
      },
    });
    this.connection.start();
  }

  private onEvents(events: StreamEvent[]): void {
    this.store.take(events);
    announce(this.root, events);
    this.refresher.notice(events);
    for (const event of events) {
      if (event.type !== 'RUN_ERROR' && event.type !== 'RUN_FINISHED') continue;
      this.root.dataset['resumable'] = String(event.type === 'RUN_ERROR' || event.data['outcome'] === 'cancelled');
    }
    this.render();
  }

  private render(): void {
    if (this.frame) return;
    // A hidden page gets no animation frames, but must be right when it comes back.
    this.frame = document.hidden
      ? window.setTimeout(() => this.renderNow(), 250) : requestAnimationFrame(() => this.renderNow());
  }

  private renderNow(): void {
    this.frame = 0;
    const { state } = this.store;
    this.conversation.render(state);
    this.context.render(state);
    this.timeline?.render(state);
    this.showEarlier();
    this.tick();
  }

  private tick(): void {
    const place = slot(this.root, 'run-status');
    const { state } = this.store;
    if (!place || state.lastSeq === 0) return;
    const line = runLine(state, Date.now());
    if (place.textContent !== line) place.textContent = line;
    if (line) this.timeline?.render(state);
  }

  private showEarlier(): void {
    const place = slot(this.root, 'earlier');
    const more = this.store.base > 0 || this.conversation.hasMore(this.store.state);
    if (!more) return place?.remove();
    if (place?.dataset['live']) return;
    place?.remove();
    const button = h('button', { class: 'btn btn-sm', type: 'button', onclick: () => void this.loadEarlier(button) }, t('Show earlier'));
    need(this.root, '[data-slot=scroller]').prepend(h('p', { class: 'earlier', 'data-slot': 'earlier', 'data-live': 'true' }, button));
  }

  private async loadEarlier(button: HTMLButtonElement): Promise<void> {
    button.disabled = true;
    try {
      if (!this.conversation.hasMore(this.store.state)) await this.store.loadEarlier();
      this.conversation.showMore(this.store.state);
      this.showEarlier();
    } catch (error) {
      toastError(error);
    } finally {
      button.disabled = false;
    }
  }

  private async loadFigures(): Promise<void> {
    this.context.showFigures(await get<SessionFigures>(`/sessions/${this.store.id}`, this.leaving.signal));
  }

  private wireForms(): void {
    for (const form of document.querySelectorAll<HTMLFormElement>('form[data-verb]')) {
      if (form.dataset['verb'] === 'prompt') mountComposer(form, {
        sessionId: this.store.id,
        submit: (content, attachments) => {
          this.conversation.toEnd();
          return this.verbs.prompt(content, attachments);
        },
        typing: () => this.connection?.say({ kind: 'typing' }),
      });
      else form.addEventListener('submit', (event) => {
        event.preventDefault();
        void this.verbs.submit(form);
      }, { signal: this.leaving.signal });
    }
  }

  private wirePage(): void {
    const { signal } = this.leaving;
    const wake = (): void => {
      if (!document.hidden) this.connection?.wake();
    };
    addEventListener('online', wake, { signal });
    const looking = (): void =>
      this.connection?.say({ kind: 'looking', seq: this.conversation.lookingAt(this.store.state) });
    document.addEventListener('visibilitychange', () => {
      // What came while the page was in sight has been seen.
      if (document.hidden) looking();
      else wake();
    }, { signal });
    let looked = 0;
    const scroller = need(this.root, '[data-slot=scroller]');
    scroller.addEventListener('scroll', () => {
      const earlier = this.root.querySelector<HTMLButtonElement>('[data-slot=earlier] button:enabled');
      if (earlier && scroller.scrollTop < NEAR_TOP_PX) void this.loadEarlier(earlier);
      if (Date.now() - looked < LOOKING_EVERY_MS) return;
      looked = Date.now();
      looking();
    }, { signal, passive: true });
  }
}

/** Takes over the session page that the server rendered. */
export function mount(element: HTMLElement): () => void {
  const page = new SessionPage(element);
  void page.start();
  return () => page.stop();
}
