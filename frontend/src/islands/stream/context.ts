import { avatar, h, icon, slot, statusBadge } from '../../lib/dom';
import type { Present } from '../../lib/events';
import { compact, cost } from '../../lib/format';
import { nt, t } from '../../lib/i18n';
import { approvalCard } from './approvals';
import { sessionStatus, type Approval, type ViewState } from './state';
import type { Actions } from './views';

/** The figures of `GET /sessions/{id}` that the context column shows. */
export interface SessionFigures {
  name: string;
  status: string;
  input_tokens?: number;
  output_tokens?: number;
  cost_usd?: number | string | null;
  context?: { tokens: number | null; window: number | null };
}

/** Everything beside the conversation: status, name, approvals, queue, people, figures. */
export class Context {
  private approvals: readonly Approval[] = [];
  private queue: ViewState['queue'] = [];
  private status: string;

  constructor(private readonly root: HTMLElement, private readonly actions: Actions) {
    this.status = root.dataset['state'] ?? 'idle';
  }

  render(state: ViewState): void {
    this.setStatus(sessionStatus(state) ?? this.status);
    if (state.name) this.setName(state.name);
    const sandbox = slot(this.root, 'sandbox');
    if (sandbox && state.sandbox) sandbox.textContent = state.sandbox;
    if (state.approvals !== this.approvals) this.showApprovals(state.approvals);
    if (state.queue !== this.queue) this.showQueue(state.queue);
  }

  setStatus(status: string): void {
    if (status === this.status) return;
    this.status = status;
    this.root.dataset['state'] = status;
    slot(this.root, 'status')?.replaceChildren(statusBadge(status, t(status)));
    this.listRow()?.querySelector('.status')?.replaceWith(statusBadge(status, t(status), true));
    const active = status === 'running' || status === 'waiting' || status === 'queued';
    this.show('[data-verb=cancel]', active);
    this.show('[data-verb=resume]', !active && this.root.dataset['resumable'] === 'true');
    const word = slot(this.root, 'send-word');
    if (word) word.textContent = active ? t('Queue') : t('Send');
  }

  setName(name: string): void {
    const title = slot(this.root, 'name');
    if (!title || title.textContent === name) return;
    title.textContent = name;
    title.title = name;
    document.title = `${name} · Quarterdeck`;
    const link = this.listRow()?.querySelector('.row-link');
    if (link) link.textContent = name;
  }

  showFigures(session: SessionFigures): void {
    this.setName(session.name);
    const money = slot(this.root, 'cost');
    const usd = session.cost_usd;
    if (money) money.textContent = cost(usd === null || usd === undefined ? null : Number(usd));
    const tokens = slot(this.root, 'tokens');
    if (tokens && session.input_tokens !== undefined) {
      tokens.replaceChildren(compact(session.input_tokens), h('span', { class: 'faint' }, ` / ${compact(session.output_tokens ?? 0)}`));
      tokens.title = t('{a} in, {b} out', { a: session.input_tokens, b: session.output_tokens ?? 0 });
    }
    this.showContextUse(session);
  }

  showPeople(people: readonly Present[]): void {
    slot(this.root, 'avatars')?.replaceChildren(...people.slice(0, 5).map((person) => {
      const mark = avatar(person.name);
      mark.title = person.name;
      return mark;
    }));
    const list = slot(this.root, 'people');
    if (!list) return;
    for (const row of list.querySelectorAll('[data-person]')) this.markRow(row as HTMLElement, people);
    for (const person of people) if (!this.personRow(person.id)) list.append(this.newRow(person));
  }

  private listRow(): Element | null {
    return this.root.querySelector(`[data-session="${CSS.escape(this.root.dataset['sessionId'] ?? '')}"]`);
  }

  private showContextUse(session: SessionFigures): void {
    const place = slot(this.root, 'context-use');
    const max = session.context?.window;
    if (!place || !max) return;
    const used = session.context?.tokens ?? 0;
    const share = used / max;
    place.replaceChildren(h('div', { class: 'progress', 'data-tone': share > 0.9 ? 'bad' : share > 0.7 ? 'wait' : null },
      h('div', { class: 'spread' }, h('span', {}, t('Context used')), h('span', {}, `${compact(used)} / ${compact(max)}`)),
      h('progress', { value: used, max, 'aria-label': t('Context used') })));
  }

  private showApprovals(approvals: readonly Approval[]): void {
    this.approvals = approvals;
    const block = slot(this.root, 'approvals-block');
    if (block) block.hidden = approvals.length === 0;
    const count = slot(this.root, 'approval-count');
    if (count) count.textContent = String(approvals.length);
    slot(this.root, 'approvals')?.replaceChildren(...approvals.map((one) => approvalCard(one, this.actions)));
  }

  private showQueue(queue: ViewState['queue']): void {
    this.queue = queue;
    const list = slot(this.root, 'queue');
    if (!list) return;
    list.hidden = queue.length === 0;
    list.setAttribute('aria-label', nt('{n} prompt waiting', '{n} prompts waiting', queue.length));
    list.replaceChildren(...queue.map((one) => h('li', {}, icon('status-queued', 'icon-sm'),
      h('span', { class: 'truncate' }, one.content), h('span', { class: 'faint push' }, one.actor.name))));
  }

  private personRow(id: string): Element | null {
    return this.root.querySelector(`[data-slot=people] [data-person="${CSS.escape(id)}"]`);
  }

  private markRow(row: HTMLElement, people: readonly Present[]): void {
    const person = people.find((one) => one.id === row.dataset['person']);
    row.firstElementChild?.classList.toggle('online', person !== undefined);
    const doing = slot(row, 'doing');
    if (!doing) return;
    const typing = person?.typing === true && person.id !== this.root.dataset['meId'];
    doing.textContent = typing ? t('typing') : '';
    doing.toggleAttribute('data-typing', typing);
  }

  private newRow(person: Present): HTMLElement {
    return h('li', { 'data-person': person.id }, h('span', { class: 'online' }, avatar(person.name)),
      h('span', { class: 'truncate' }, person.name), h('span', { class: 'present', 'data-slot': 'doing' }));
  }

  private show(selector: string, visible: boolean): void {
    const element = this.root.querySelector<HTMLElement>(selector);
    if (element) element.hidden = !visible;
  }
}
