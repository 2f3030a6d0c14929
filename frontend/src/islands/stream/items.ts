import type { StreamEvent } from '../../lib/events';
import { t } from '../../lib/i18n';
import type { Item, ViewState } from './state';

export type Data = Record<string, unknown>;

/** Applies one event to a state that is being built; only copies may be changed. */
export type Reducer = (state: ViewState, event: StreamEvent, data: Data) => void;

export const text = (value: unknown): string => (typeof value === 'string' ? value : '');

/** A number of the wire, also when it came as a decimal string; null when there is none. */
export function number(value: unknown): number | null {
  if (value === null || value === undefined || value === '') return null;
  const parsed = Number(value);
  return Number.isFinite(parsed) ? parsed : null;
}

/** What every item has in common. */
export function base(event: StreamEvent, id: string) {
  return {
    id, seq: event.seq, lastSeq: event.seq, at: Date.parse(event.at), actor: event.actor, run: event.run,
  };
}

/** Appends an item; thinking ends where anything else begins. */
export function add(state: ViewState, item: Item): void {
  const last = state.items.at(-1);
  if (last?.kind === 'reasoning' && last.streaming) {
    state.items[state.items.length - 1] = { ...last, streaming: false, endedAt: item.at, lastSeq: item.seq };
  }
  state.index.set(item.id, state.items.length);
  state.items.push(item);
}

/** The item of this id, when it is of this kind. */
export function find<T extends Item>(state: ViewState, id: string, kind: T['kind']): T | undefined {
  const at = state.index.get(id);
  const item = at === undefined ? undefined : state.items[at];
  return item?.kind === kind ? (item as T) : undefined;
}

/** Replaces an item by a changed copy. */
export function change<T extends Item>(state: ViewState, item: T, event: StreamEvent, changes: Partial<T>): void {
  state.items[state.index.get(item.id) as number] = { ...item, ...changes, lastSeq: event.seq };
}

/** Puts an item behind all others: a queued prompt stands where its run begins. */
export function moveToEnd(state: ViewState, item: Item): void {
  const from = state.index.get(item.id) as number;
  state.items.splice(from, 1);
  state.items.push(item);
  for (let at = from; at < state.items.length; at += 1) state.index.set((state.items[at] as Item).id, at);
}

/** Adds a line about the session itself. */
export function note(state: ViewState, event: StreamEvent, icon: string, words: string, tone = ''): void {
  add(state, { ...base(event, `note-${event.seq}`), kind: 'note', icon, text: words, tone });
}

/** Erased rows keep their place and say so, once per message or result. */
export const orErased = (reducer: Reducer): Reducer => (state, event, data) => {
  if (data['erased'] === true) note(state, event, 'eye', t('Erased on request'));
  else reducer(state, event, data);
};

/** A row emptied by erasure adds nothing when it was only a part of something. */
export const ifWhole = (reducer: Reducer): Reducer => (state, event, data) => {
  if (data['erased'] !== true) reducer(state, event, data);
};
