import { append, avatar, h, icon } from '../../lib/dom';
import { clock, duration } from '../../lib/format';
import { nt, t } from '../../lib/i18n';
import { markdown } from './markdown';
import { brief, editOf, pretty } from './tooltext';
import { attachedLink } from './tray';
import type { Item, MessageItem, NoteItem, Pending, ReasoningItem, RunItem } from './state';

/** What the items may ask of the page. */
export interface Actions {
  sessionId: string;
  canFork: boolean;
  canDecide: boolean;
  fork: (messageId: string) => void;
  decide: (approvalId: string, verdict: 'approve' | 'deny') => Promise<void>;
}

/** A row of the conversation that knows how to follow its item. */
export interface View<T extends Item = Item> {
  element: HTMLElement;
  update: (item: T) => void;
}

function time(at: number): HTMLElement {
  const date = new Date(at);
  return h('time', { datetime: date.toISOString(), title: date.toLocaleString() }, clock(at));
}

function forkButton(item: MessageItem, actions: Actions): HTMLElement {
  const label = t('Fork at this message');
  return h('span', { class: 'message-actions' },
    h('button', { class: 'btn btn-ghost btn-icon btn-sm', type: 'button', 'aria-label': label, title: label,
      onclick: () => actions.fork(item.id) }, icon('fork', 'icon-sm')));
}

/** How dangerous a call was found to be; nothing for harmless ones. */
export function dangerBadge(danger: string): HTMLElement | false {
  if (!danger || danger === 'none') return false;
  return h('span', { class: 'pill', 'data-danger': danger }, icon(danger === 'dangerous' ? 'danger' : 'alert'), t(danger));
}

/** The input of a call for a <pre>: an edit as its changed lines below the path, else as text. */
export function inputNodes(args: unknown): Node[] {
  const edit = editOf(args);
  if (!edit) return [document.createTextNode(pretty(args) || '—')];
  const kinds = { ' ': null, '-': 'removed', '+': 'added' };
  return [document.createTextNode(`${brief(args)}\n`),
    ...edit.map((line) => h('span', { class: kinds[line.sign] }, `${line.sign} ${line.text}\n`))];
}

/** Commands are shown as typed; everything else is Markdown. */
function show(place: HTMLElement, item: { role: string; text: string }): void {
  const command = item.role === 'user' && item.text.startsWith('/');
  place.className = command ? 'plain mono' : 'prose';
  place.replaceChildren(command ? document.createTextNode(item.text) : markdown(item.text));
}

function attachedList(item: MessageItem, actions: Actions): HTMLElement | false {
  if (!item.attachments?.length) return false;
  const rows = item.attachments.map((file) => h('li', {}, attachedLink(actions.sessionId, file)));
  return h('ul', { class: 'attachments', 'aria-label': t('Attached files') }, ...rows);
}

/** A prompt or an answer. */
export function messageView(first: MessageItem, actions: Actions): View<MessageItem> {
  const prose = h('div', { class: 'prose' });
  const body = h('div', { class: 'message-body' },
    h('header', { class: 'message-head' }, h('strong', {}, first.actor.name), time(first.at),
      actions.canFork && forkButton(first, actions)), prose, attachedList(first, actions));
  const element = h('li', { class: 'item message', 'data-role': first.role, id: `m-${first.id}` },
    avatar(first.actor.name, first.role === 'user' ? 'user' : 'agent', 'lg'), body);
  let shown: string | null = null;
  const update = (item: MessageItem): void => {
    if (item.text !== shown) show(prose, item);
    shown = item.text;
    prose.classList.toggle('caret', item.streaming && item.text === '');
    if (item.streaming) (prose.lastElementChild ?? prose).classList.add('caret');
    else prose.querySelector('.caret')?.classList.remove('caret');
  };
  update(first);
  return { element, update };
}

/** The model's thinking, folded away. */
export function reasoningView(first: ReasoningItem): View<ReasoningItem> {
  const prose = h('div', { class: 'prose' });
  const word = h('span');
  const element = h('li', { class: 'item reasoning' },
    h('details', {}, h('summary', {}, icon('brain', 'icon-sm'), word), prose));
  const update = (item: ReasoningItem): void => {
    word.textContent = item.streaming || item.endedAt === null
      ? t('Thinking') : t('Thought for {span}', { span: duration(item.endedAt - item.at) });
    prose.replaceChildren(markdown(item.text));
  };
  update(first);
  return { element, update };
}

/** A line about the session itself. */
export function noteView(item: NoteItem): View<NoteItem> {
  const element = h('li', { class: 'item note', 'data-tone': item.tone || null },
    icon(item.icon), h('span', {}, item.text, ' · ', time(item.at)));
  return { element, update: () => undefined };
}

const RUN_WORDS = { completed: 'Run completed', failed: 'Run failed', cancelled: 'Run stopped' } as const;

/** The line that closes a run, with its figures. */
export function runView(item: RunItem): View<RunItem> {
  const figures = item.at > item.startedAt ? [duration(item.at - item.startedAt)] : [];
  if (item.tools > 0) figures.push(nt('{n} tool call', '{n} tool calls', item.tools));
  const line = h('div', {}, h('strong', {}, t(RUN_WORDS[item.status])), figures.join(' · '));
  const element = h('li', { class: 'run-end', 'data-status': item.status }, icon(`status-${item.status}`), line);
  if (item.error) append(element, h('div', { class: 'problem' }, icon('danger'), h('div', {}, item.error)));
  return { element, update: () => undefined };
}

/** A prompt that is on its way to the server. */
export function pendingView(pending: Pending, name: string): HTMLElement {
  const content = h('div');
  show(content, { role: 'user', text: pending.content });
  return h('li', { class: 'item message', 'data-role': 'user', 'data-pending': true },
    avatar(name, 'user', 'lg'),
    h('div', { class: 'message-body' },
      h('header', { class: 'message-head' }, h('strong', {}, name), h('time', {}, t('sending'))),
      content));
}

/** The line between two days. */
export function dayView(at: number): HTMLElement {
  const text = new Date(at).toLocaleDateString(document.documentElement.lang, {
    weekday: 'long', month: 'long', day: 'numeric',
  });
  return h('li', { class: 'day' }, text);
}
