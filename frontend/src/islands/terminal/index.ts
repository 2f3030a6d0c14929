import { FitAddon } from '@xterm/addon-fit';
import { Terminal, type ITheme } from '@xterm/xterm';
import '@xterm/xterm/css/xterm.css';
import { get, send } from '../../lib/api';
import { h, slot } from '../../lib/dom';
import type { EventPage, StreamEvent } from '../../lib/events';
import { t } from '../../lib/i18n';
import { toastError } from '../../lib/toast';
import { StreamConnection } from '../../lib/ws';
import { adoptingDocument, adoptingStyles } from './styles';
import { Typing } from './typing';

const RESIZE_AFTER_MS = 200;

/** The page's colors as they are computed: xterm.js reads neither variables nor light-dark(). */
function theme(place: HTMLElement): ITheme {
  const of = (name: string): string => {
    place.style.color = `var(${name})`;
    const { color } = getComputedStyle(place);
    place.style.color = '';
    return color;
  };
  return { background: of('--surface'), foreground: of('--text'), cursor: of('--accent'),
    cursorAccent: of('--surface'), selectionBackground: of('--selected') };
}

/** A terminal of the session, drawn from its stream: it comes back by `seq` wherever it left off. */
class TerminalPage {
  private readonly leaving = new AbortController();
  private readonly screen: Terminal;
  private readonly fit = new FitAddon();
  private readonly path: string;
  private readonly typing: Typing | null;
  private connection: StreamConnection | null = null;
  private sizing: ReturnType<typeof setTimeout> | undefined;
  private last: number;

  constructor(private readonly root: HTMLElement) {
    const { sessionId = '', terminalId = '' } = root.dataset;
    this.path = `/sessions/${sessionId}/terminals/${terminalId}`;
    this.last = Number(root.dataset['after'] ?? 0);
    this.screen = new Terminal({
      rows: Number(root.dataset['rows'] ?? 24), cols: Number(root.dataset['columns'] ?? 80),
      fontFamily: getComputedStyle(root).getPropertyValue('--font-mono') || 'monospace', fontSize: 13,
      cursorBlink: !matchMedia('(prefers-reduced-motion: reduce)').matches, scrollback: 5000,
      theme: theme(root), screenReaderMode: true, documentOverride: adoptingDocument(),
      disableStdin: root.dataset['canType'] !== 'true',
    });
    this.typing = root.dataset['canType'] === 'true' ? new Typing(this.path) : null;
  }

  async start(): Promise<void> {
    this.root.replaceChildren();
    document.querySelector<HTMLElement>('.terminal-box')?.remove();
    adoptingStyles(() => this.screen.open(this.root));
    if (this.typing) {
      this.screen.loadAddon(this.fit);
      this.screen.onData((data) => void this.typing?.type(data));
      this.screen.onResize(({ rows, cols }) => this.sayResize(rows, cols));
      this.screen.attachCustomKeyEventHandler((event) => this.staysInside(event));
      this.root.after(h('p', { class: 'small faint' }, h('kbd', {}, 'Shift'), ' ', h('kbd', {}, 'Escape'), ' ', t('leaves the terminal, which takes every other key.')));
      this.fit.fit();
      const resized = new ResizeObserver(() => this.fit.fit());
      resized.observe(this.root);
      this.leaving.signal.addEventListener('abort', () => resized.disconnect());
      this.screen.focus();
    }
    await this.load();
    if (this.root.dataset['living'] === 'true') this.follow();
  }

  stop(): void {
    this.leaving.abort();
    clearTimeout(this.sizing);
    this.connection?.stop();
    this.screen.dispose();
  }

  /** Tab and Escape belong to the shell; whoever has no mouse needs one way out. */
  private staysInside(event: KeyboardEvent): boolean {
    if (event.key !== 'Escape' || !event.shiftKey) return true;
    if (event.type === 'keydown') document.querySelector<HTMLElement>('.page-head :is(button, a)')?.focus();
    return false;
  }

  private readonly fetch = (after: number, wait: number, signal: AbortSignal): Promise<EventPage> =>
    get<EventPage>(`/sessions/${this.root.dataset['sessionId']}/events?after=${after}&wait=${wait}`, signal);

  private async load(): Promise<void> {
    for (;;) {
      const page = await this.fetch(this.last, 0, this.leaving.signal);
      this.take(page.events);
      if (page.events.length === 0 || this.last >= page.last_seq) return;
    }
  }

  private follow(): void {
    const scheme = location.protocol === 'https:' ? 'wss' : 'ws';
    this.connection = new StreamConnection({
      url: `${scheme}://${location.host}/ws/sessions/${this.root.dataset['sessionId']}`,
      after: this.last, fetchEvents: this.fetch, onEvents: (events) => this.take(events),
      onPresence: () => undefined,
      onLink: (link) => { this.root.dataset['link'] = link; },
    });
    this.connection.start();
  }

  private take(events: readonly StreamEvent[]): void {
    for (const { seq, data } of events) {
      this.last = Math.max(this.last, seq);
      if (data['terminal_id'] !== this.root.dataset['terminalId']) continue;
      if (data['name'] === 'terminal.output') this.screen.write(String(data['delta'] ?? ''));
      if (data['name'] === 'terminal.ended') this.ended(String(data['reason'] ?? ''));
    }
  }

  /** The page says why in words; it is fetched again, as the reasons stand there. */
  private ended(reason: string): void {
    this.screen.options.disableStdin = true;
    this.root.dataset['ended'] = reason;
    this.connection?.stop();
    if (this.root.dataset['living'] !== 'true') return;
    this.root.dataset['living'] = 'false';
    const place = slot(document, 'ended');
    place?.querySelector('span')?.replaceChildren(t('Ended.'));
    if (place) place.hidden = false;
    void fetch(location.pathname, { signal: this.leaving.signal }).then(async (response) => {
      const page = new DOMParser().parseFromString(await response.text(), 'text/html');
      for (const selector of ['[data-slot=ended]', '.page-head']) {
        const fresh = page.querySelector(selector);
        if (fresh) document.querySelector(selector)?.replaceWith(document.adoptNode(fresh));
      }
    }).catch(() => undefined);
  }

  private sayResize(rows: number, columns: number): void {
    clearTimeout(this.sizing);
    this.sizing = setTimeout(() => {
      if (this.root.dataset['living'] === 'true') void send(`${this.path}/resize`, { rows, columns }).catch(toastError);
    }, RESIZE_AFTER_MS);
  }
}

/** Draws the terminal in the place of its plain text. */
export function mount(element: HTMLElement): () => void {
  const page = new TerminalPage(element);
  void page.start().catch(toastError);
  return () => page.stop();
}
