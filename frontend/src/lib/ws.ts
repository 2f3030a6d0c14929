import { backoff } from './backoff';
import { eventsOf, type EventPage, type Frame, type Present, type StreamEvent } from './events';

export type Link = 'connecting' | 'live' | 'polling' | 'offline' | 'ended';

/** Why a stream ended for good: the socket's close code decides. */
export type Ending = 'signed-out' | 'access-gone' | 'deleted';

const ENDINGS: Record<number, Ending> = { 4401: 'signed-out', 4403: 'access-gone', 4404: 'deleted' };
const RESTARTING = 1012;
const HEARTBEAT_MS = 20_000;
const PATIENCE_MS = 10_000;
const FAILURES_BEFORE_POLLING = 3;
const RETRY_SOCKET_MS = 60_000;
const LONG_POLL_SECONDS = 25;

export interface StreamOptions {
  /** ws:// or wss:// address without the query. */
  url: string;
  /** The last seq the page already has. */
  after: number;
  /** Long poll of `GET …/events?after=N&wait=W`; also fills gaps. */
  fetchEvents: (after: number, wait: number, signal: AbortSignal) => Promise<EventPage>;
  onEvents: (events: StreamEvent[]) => void;
  onPresence: (people: Present[]) => void;
  onLink: (link: Link, ending?: Ending) => void;
  /** Tells which failures of the poll end the stream. */
  endingOf?: (error: unknown) => Ending | undefined;
  makeSocket?: (url: string) => WebSocket;
  random?: () => number;
}

/**
 * One stream, followed for as long as the page lives: WebSocket with resume by seq, heartbeats and
 * backoff; long polling where sockets do not get through. Every event is delivered once, in order.
 */
export class StreamConnection {
  private last: number;
  private socket: WebSocket | null = null;
  private link: Link | null = null;
  private failures = 0;
  private stopped = false;
  private proven = false;
  private filling = false;
  private heartbeat: ReturnType<typeof setTimeout> | undefined;
  private retry: ReturnType<typeof setTimeout> | undefined;
  private polling: AbortController | null = null;

  constructor(private readonly options: StreamOptions) {
    this.last = options.after;
  }

  start(): void {
    this.connect();
  }

  stop(): void {
    this.stopped = true;
    clearTimeout(this.heartbeat);
    clearTimeout(this.retry);
    this.polling?.abort();
    this.socket?.close(1000);
  }

  /** Sends `ping`, `typing` or `looking`; silently dropped while there is no socket. */
  say(frame: { kind: string; seq?: number }): void {
    if (this.socket?.readyState === 1) this.socket.send(JSON.stringify(frame));
  }

  /** Tries at once, for a page that came back to the front or a network that returned. */
  wake(): void {
    if (this.stopped || this.socket) return;
    clearTimeout(this.retry);
    this.connect();
  }

  private connect(): void {
    if (this.stopped || this.socket) return;
    if (!this.polling) this.tell('connecting');
    const make = this.options.makeSocket ?? ((url: string) => new WebSocket(url));
    const socket = make(`${this.options.url}?after=${this.last}`);
    this.socket = socket;
    socket.onopen = () => this.onOpen();
    socket.onmessage = (message) => this.onFrame(JSON.parse(String(message.data)) as Frame);
    socket.onclose = (event) => this.onClose(socket, event.code);
  }

  /** Open is not enough: some proxies open a socket only to cut it. The first frame is the proof. */
  private onOpen(): void {
    this.proven = false;
    this.say({ kind: 'ping' });
    this.beat();
  }

  private onProof(): void {
    this.proven = true;
    this.failures = 0;
    this.polling?.abort();
    this.polling = null;
    this.tell('live');
  }

  private beat(): void {
    clearTimeout(this.heartbeat);
    this.heartbeat = setTimeout(() => {
      this.say({ kind: 'ping' });
      this.heartbeat = setTimeout(() => this.drop(), PATIENCE_MS);
    }, HEARTBEAT_MS);
  }

  /** A socket that no longer answers is closed by us: the browser may take minutes to notice. */
  private drop(): void {
    const socket = this.socket;
    if (!socket) return;
    socket.close(4000);
    this.onClose(socket, 4000);
  }

  private onFrame(frame: Frame): void {
    this.beat();
    if (!this.proven) this.onProof();
    if (frame.kind === 'event') this.take(eventsOf(frame));
    else if (frame.kind === 'presence') this.options.onPresence(frame.people ?? []);
    else if (frame.kind === 'reconnect') this.comeBack(frame.after_ms);
  }

  /** A server that stops says when to come back: no failure, and not all at the same moment. */
  private comeBack(afterMs = backoff(1, this.options.random)): void {
    const socket = this.socket;
    this.socket = null;
    clearTimeout(this.heartbeat);
    socket?.close(1000);
    this.tell('connecting');
    this.retry = setTimeout(() => this.connect(), afterMs);
  }

  private onClose(socket: WebSocket, code: number): void {
    if (this.socket !== socket) return;
    this.socket = null;
    clearTimeout(this.heartbeat);
    if (this.stopped) return;
    const ending = ENDINGS[code];
    if (ending) return this.end(ending);
    const wait = code === RESTARTING ? backoff(1, this.options.random) : this.nextWait();
    this.retry = setTimeout(() => this.connect(), wait);
  }

  private nextWait(): number {
    this.failures += 1;
    if (this.failures >= FAILURES_BEFORE_POLLING) {
      void this.poll();
      return RETRY_SOCKET_MS;
    }
    if (!this.polling) this.tell('connecting');
    return backoff(this.failures - 1, this.options.random);
  }

  private tell(link: Link, ending?: Ending): void {
    if (link === this.link) return;
    this.link = link;
    this.options.onLink(link, ending);
  }

  private end(ending: Ending): void {
    this.stop();
    this.tell('ended', ending);
  }

  private async poll(): Promise<void> {
    if (this.polling || this.stopped) return;
    const polling = new AbortController();
    this.polling = polling;
    let misses = 0;
    let wait = 0;
    while (!polling.signal.aborted) {
      try {
        const page = await this.options.fetchEvents(this.last, wait, polling.signal);
        if (polling.signal.aborted) return;
        misses = 0;
        wait = LONG_POLL_SECONDS;
        this.tell('polling');
        this.take(page.events);
      } catch (error) {
        if (polling.signal.aborted) return;
        const ending = this.options.endingOf?.(error);
        if (ending) return this.end(ending);
        this.tell('offline');
        await new Promise((resolve) => setTimeout(resolve, backoff((misses += 1), this.options.random)));
      }
    }
  }

  /** Passes on what is new; a hole in the numbers is filled by a fetch before anything after it. */
  private take(events: StreamEvent[]): void {
    const fresh: StreamEvent[] = [];
    for (const event of events) {
      if (event.seq <= this.last) continue;
      if (event.seq > this.last + 1) {
        void this.fill();
        break;
      }
      this.last = event.seq;
      fresh.push(event);
    }
    if (fresh.length > 0) this.options.onEvents(fresh);
  }

  private async fill(): Promise<void> {
    if (this.filling || this.stopped) return;
    this.filling = true;
    let more = true;
    while (more && !this.stopped) {
      const before = this.last;
      const page = await this.options
        .fetchEvents(before, 0, new AbortController().signal)
        .catch((): EventPage => ({ events: [], last_seq: before }));
      this.filling = false;
      this.take(page.events);
      more = this.last > before && this.last < page.last_seq;
      this.filling = more;
    }
  }
}
