import type { Actor, StreamEvent } from '../../lib/events';
import { add, base, change, find, ifWhole, orErased, text, type Data, type Reducer } from './items';
import type { MessageItem, ReasoningItem, ViewState } from './state';
import type { Attached } from './tray';

function roleOf(event: StreamEvent, data: Data): 'user' | 'assistant' {
  if (data['role'] === 'user' || data['role'] === 'assistant') return data['role'];
  return event.actor.kind === 'user' ? 'user' : 'assistant';
}

/** A forked session repeats messages under the name of whoever forked; the author stands beside. */
function authorOf(event: StreamEvent, data: Data): Actor {
  if (!('copied_from' in data)) return event.actor;
  const agent = data['role'] === 'assistant';
  return { kind: agent ? 'agent' : 'user', id: '', name: text(data['author']) || (agent ? 'agent' : '?') };
}

/** The message an event belongs to, opened when this is the first of it on the page. */
export function message(state: ViewState, event: StreamEvent, data: Data): MessageItem {
  const id = text(data['message_id']);
  const found = find<MessageItem>(state, id, 'message');
  if (found) return found;
  const role = roleOf(event, data);
  const made: MessageItem = {
    ...base(event, id), actor: authorOf(event, data), kind: 'message', role, text: '',
    streaming: role === 'assistant', queued: false,
    ...(Array.isArray(data['attachments']) && { attachments: data['attachments'] as Attached[] }),
  };
  add(state, made);
  if (role === 'user') settle(state, event, id, text(data['text']));
  return made;
}

/** A prompt that came back by the stream takes the place of its optimistic twin. */
export function settle(state: ViewState, event: StreamEvent, messageId: string, content: string): void {
  const at = state.pending.findIndex((pending) => pending.messageId === messageId
    || (pending.messageId === null && event.actor.kind === 'user' && pending.content === content));
  if (at >= 0) state.pending = state.pending.filter((_, index) => index !== at);
}

const endMessage: Reducer = (state, event, data) => {
  const item = message(state, event, data);
  const whole = typeof data['text'] === 'string' ? data['text'] : item.text;
  change(state, item, event, { text: whole, streaming: false });
  if (item.role === 'user') settle(state, event, item.id, whole);
};

/** Thinking goes on in the last item when that is thinking of the same run. */
function reasoning(state: ViewState, event: StreamEvent, data: Data): ReasoningItem {
  const named = text(data['message_id']);
  const last = state.items.at(-1);
  if (!named && last?.kind === 'reasoning' && last.run === event.run && last.streaming) return last;
  const id = `reasoning-${named || event.seq}`;
  const found = find<ReasoningItem>(state, id, 'reasoning');
  if (found) return found;
  const made: ReasoningItem = { ...base(event, id), kind: 'reasoning', text: '', streaming: true, endedAt: null };
  add(state, made);
  return made;
}

const openReasoning = ifWhole((state, event, data) => void reasoning(state, event, data));
const growReasoning = ifWhole((state, event, data) => {
  if (!text(data['delta'])) return;
  const item = reasoning(state, event, data);
  change(state, item, event, { text: item.text + text(data['delta']) });
});
const endReasoning = ifWhole((state, event, data) => {
  const item = reasoning(state, event, data);
  const whole = typeof data['text'] === 'string' ? data['text'] : item.text;
  change(state, item, event, { text: whole, streaming: false, endedAt: Date.parse(event.at) });
});

/** Prompts, answers and thinking. */
export const messages: Record<string, Reducer> = {
  TEXT_MESSAGE_START: ifWhole((state, event, data) => void message(state, event, data)),
  TEXT_MESSAGE_CONTENT: ifWhole((state, event, data) => {
    if (!text(data['delta'])) return;
    const item = message(state, event, data);
    change(state, item, event, { text: item.text + text(data['delta']) });
  }),
  TEXT_MESSAGE_END: orErased(endMessage),
  REASONING_START: openReasoning,
  REASONING_MESSAGE_START: openReasoning,
  REASONING_MESSAGE_CONTENT: growReasoning,
  REASONING_MESSAGE_END: endReasoning,
  REASONING_END: ifWhole((state, event, data) => {
    if (state.items.at(-1)?.kind === 'reasoning') endReasoning(state, event, data);
  }),
};
