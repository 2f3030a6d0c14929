import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { backoff } from './backoff';
import type { EventPage, StreamEvent } from './events';
import { StreamConnection, type Ending, type Link, type StreamOptions } from './ws';

class Socket {
  static all: Socket[] = [];
  readyState = 0;
  sent: string[] = [];
  onopen: (() => void) | null = null;
  onmessage: ((message: { data: string }) => void) | null = null;
  onclose: ((event: { code: number }) => void) | null = null;

  constructor(readonly url: string) {
    Socket.all.push(this);
  }

  send(text: string): void {
    this.sent.push(text);
  }

  close(): void {
    this.readyState = 3;
  }

  open(): void {
    this.readyState = 1;
    this.onopen?.();
    this.frame({ kind: 'pong' });
  }

  frame(frame: unknown): void {
    this.onmessage?.({ data: JSON.stringify(frame) });
  }

  drop(code = 1006): void {
    this.readyState = 3;
    this.onclose?.({ code });
  }
}

const event = (seq: number): StreamEvent => ({
  seq, type: 'X', run: null, at: '2026-01-01T00:00:00Z', actor: { kind: 'system', id: '', name: '' }, data: {},
});
const latest = (): Socket => Socket.all.at(-1) as Socket;

let seen: number[];
let links: [Link, Ending?][];
let fetched: { after: number; wait: number }[];
let pages: (after: number, wait: number, signal: AbortSignal) => Promise<EventPage>;
let connection: StreamConnection;

function follow(options: Partial<StreamOptions> = {}): void {
  connection = new StreamConnection({
    url: 'ws://x/ws/sessions/1', after: 0, random: () => 1,
    makeSocket: (url) => new Socket(url) as unknown as WebSocket,
    fetchEvents: (after, wait, signal) => {
      fetched.push({ after, wait });
      return pages(after, wait, signal);
    },
    onEvents: (events) => seen.push(...events.map((one) => one.seq)),
    onPresence: () => undefined,
    onLink: (link, ending) => links.push(ending ? [link, ending] : [link]),
    ...options,
  });
  connection.start();
}

beforeEach(() => {
  vi.useFakeTimers();
  Socket.all = [];
  seen = [];
  links = [];
  fetched = [];
  pages = () => new Promise(() => undefined);
});

afterEach(() => {
  connection.stop();
  vi.useRealTimers();
});

describe('the socket', () => {
  it('asks for what comes after the last event it has', () => {
    follow({ after: 41 });
    expect(latest().url).toBe('ws://x/ws/sessions/1?after=41');
  });

  it('delivers every event once, in each form a frame may have', () => {
    follow();
    latest().open();
    latest().frame({ kind: 'event', events: [event(1), event(2)] });
    latest().frame({ kind: 'event', event: event(2) });
    latest().frame({ kind: 'event', ...event(3) });
    expect(seen).toEqual([1, 2, 3]);
  });

  it('resumes after a cut without loss and without doubles', () => {
    follow();
    latest().open();
    latest().frame({ kind: 'event', events: [event(1), event(2)] });
    latest().drop();
    vi.advanceTimersByTime(30_000);
    expect(latest().url).toContain('after=2');
    latest().open();
    latest().frame({ kind: 'event', events: [event(2), event(3)] });
    expect(seen).toEqual([1, 2, 3]);
    expect(links.map(([link]) => link)).toEqual(['connecting', 'live', 'connecting', 'live']);
  });

  it('fills a hole before anything that comes after it', async () => {
    pages = async () => ({ events: [event(2), event(3), event(4)], last_seq: 4 });
    follow();
    latest().open();
    latest().frame({ kind: 'event', event: event(1) });
    latest().frame({ kind: 'event', event: event(4) });
    expect(seen).toEqual([1]);
    await vi.advanceTimersByTimeAsync(0);
    expect(seen).toEqual([1, 2, 3, 4]);
    expect(fetched).toEqual([{ after: 1, wait: 0 }]);
  });

  it('pings when it is quiet and gives up a socket that does not answer', () => {
    follow();
    const first = latest();
    first.open();
    vi.advanceTimersByTime(20_000);
    expect(first.sent).toEqual(['{"kind":"ping"}', '{"kind":"ping"}']);
    first.frame({ kind: 'pong' });
    vi.advanceTimersByTime(20_000);
    expect(first.sent).toHaveLength(3);
    vi.advanceTimersByTime(10_000);
    expect(first.readyState).toBe(3);
    vi.advanceTimersByTime(1_000);
    expect(latest()).not.toBe(first);
  });

  it.each([[4401, 'signed-out'], [4403, 'access-gone'], [4404, 'deleted']])('ends for good on %i', (code, ending) => {
    follow();
    latest().open();
    latest().drop(code);
    vi.advanceTimersByTime(600_000);
    expect(links.at(-1)).toEqual(['ended', ending]);
    expect(Socket.all).toHaveLength(1);
  });

  it('comes back quickly after a restart of the server', () => {
    follow();
    latest().open();
    latest().drop(1012);
    vi.advanceTimersByTime(800);
    expect(Socket.all).toHaveLength(2);
  });

  it('comes back when a stopping server said so, from where it was, and counts no failure', () => {
    follow();
    for (let n = 0; n < 4; n += 1) {
      const leaving = latest();
      leaving.open();
      leaving.frame({ kind: 'event', ...event(n + 1) });
      leaving.frame({ kind: 'reconnect', after_ms: 700, last_seq: n + 1 });
      expect(leaving.readyState).toBe(3);
      leaving.drop(1012);
      vi.advanceTimersByTime(699);
      expect(latest()).toBe(leaving);
      vi.advanceTimersByTime(1);
      expect(latest().url).toBe(`ws://x/ws/sessions/1?after=${n + 1}`);
    }
    expect(seen).toEqual([1, 2, 3, 4]);
    expect(fetched).toEqual([]);
  });

  it('says nothing into a closed socket', () => {
    follow();
    connection.say({ kind: 'typing' });
    expect(latest().sent).toEqual([]);
  });
});

describe('the fallback', () => {
  function failThrice(): void {
    follow();
    for (let i = 0; i < 3; i += 1) {
      latest().drop();
      if (i < 2) vi.advanceTimersByTime(30_000);
    }
  }

  it('polls after three failures and goes back to the socket when it can', async () => {
    let answer: (page: EventPage) => void = () => undefined;
    pages = () => new Promise((resolve) => { answer = resolve; });
    failThrice();
    expect(fetched).toEqual([{ after: 0, wait: 0 }]);
    answer({ events: [event(1)], last_seq: 1 });
    await vi.advanceTimersByTimeAsync(0);
    expect(seen).toEqual([1]);
    expect(links.at(-1)).toEqual(['polling']);
    expect(fetched.at(-1)).toEqual({ after: 1, wait: 25 });

    vi.advanceTimersByTime(60_000);
    expect(latest().url).toContain('after=1');
    latest().open();
    expect(links.at(-1)).toEqual(['live']);
    answer({ events: [event(2)], last_seq: 2 });
    await vi.advanceTimersByTimeAsync(0);
    expect(seen).toEqual([1]);
    latest().frame({ kind: 'event', event: event(2) });
    expect(seen).toEqual([1, 2]);
  });

  it('polls also when sockets open only to be cut', () => {
    follow();
    for (let i = 0; i < 3; i += 1) {
      latest().readyState = 1;
      latest().onopen?.();
      latest().drop();
      if (i < 2) vi.advanceTimersByTime(30_000);
    }
    expect(fetched).toHaveLength(1);
    expect(links).not.toContainEqual(['live']);
  });

  it('says that the server cannot be reached, and keeps trying', async () => {
    pages = () => Promise.reject(new Error('down'));
    failThrice();
    await vi.advanceTimersByTimeAsync(0);
    expect(links.at(-1)).toEqual(['offline']);
    await vi.advanceTimersByTimeAsync(5_000);
    expect(fetched.length).toBeGreaterThan(1);
  });

  it('ends when the server says so', async () => {
    pages = () => Promise.reject(new Error('404'));
    follow({ endingOf: () => 'access-gone' });
    for (let i = 0; i < 3; i += 1) {
      latest().drop();
      if (i < 2) vi.advanceTimersByTime(30_000);
    }
    await vi.advanceTimersByTimeAsync(0);
    expect(links.at(-1)).toEqual(['ended', 'access-gone']);
  });
});

it('backs off exponentially, with jitter, and never forever', () => {
  const longest = Array.from({ length: 12 }, (_, attempt) => backoff(attempt, () => 1));
  expect(longest.slice(0, 4)).toEqual([400, 800, 1600, 3200]);
  expect(Math.max(...longest)).toBe(30_000);
  expect(backoff(3, () => 0)).toBe(800);
});
