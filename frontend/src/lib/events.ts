/** Who did something. */
export interface Actor {
  kind: 'user' | 'agent' | 'system';
  id: string;
  name: string;
}

/** One row of a stream: the same envelope over WebSocket, SSE and polling. */
export interface StreamEvent {
  seq: number;
  type: string;
  run: string | null;
  actor: Actor;
  at: string;
  data: Record<string, unknown>;
}

/** A page of `GET …/events`. */
export interface EventPage {
  events: StreamEvent[];
  last_seq: number;
}

/** Someone who has the page open now. */
export interface Present {
  id: string;
  name: string;
  typing?: boolean;
  /** The event they look at. */
  seq?: number | null;
}

/** A frame of the WebSocket; an event frame carries one envelope or several. */
export type Frame =
  | ({ kind: 'event'; event?: StreamEvent; events?: StreamEvent[] } & Partial<StreamEvent>)
  | { kind: 'presence'; people: Present[] }
  | { kind: 'reconnect'; after_ms?: number; last_seq?: number }
  | { kind: 'pong' };

/** The envelopes inside an event frame, whichever of its forms was sent. */
export function eventsOf(frame: Extract<Frame, { kind: 'event' }>): StreamEvent[] {
  if (frame.events) return frame.events;
  if (frame.event) return [frame.event];
  return typeof frame.seq === 'number' ? [frame as unknown as StreamEvent] : [];
}
