import { append, h, icon, statusBadge } from '../../lib/dom';
import { cost, duration, fileSize } from '../../lib/format';
import { t } from '../../lib/i18n';
import { approvalCard } from './approvals';
import { OUTPUT_LIMIT } from './reduce-tools';
import type { ToolItem } from './state';
import { brief, lastLines, toolIcon } from './tooltext';
import { dangerBadge, inputNodes, type Actions, type View } from './views';

const WORDS: Record<string, string> = {
  pending: 'preparing', waiting: 'needs approval', ok: 'done', error: 'failed', cancelled: 'stopped',
};

function meta(item: ToolItem): Node[] {
  const parts: (Node | false)[] = [
    dangerBadge(item.danger),
    !item.brokered && h('span', { class: 'pill', title: t('The agent ran this inside its container; it did not pass the tool broker.') }, t('contained, not brokered')),
    item.costUsd ? h('span', {}, cost(item.costUsd)) : false,
    item.durationMs !== null ? h('span', {}, duration(item.durationMs)) : false,
    item.exitCode !== null && item.exitCode !== 0 ? h('span', {}, t('exit {code}', { code: item.exitCode })) : false,
    statusBadge(item.status, t(WORDS[item.status] ?? item.status)),
  ];
  return parts.filter((part): part is Node => part !== false);
}

function copyButton(read: () => string): HTMLElement {
  const label = t('Copy');
  return h('button', { class: 'btn btn-ghost btn-icon btn-sm', type: 'button', 'aria-label': label, title: label,
    onclick: () => void navigator.clipboard?.writeText(read()) }, icon('copy', 'icon-sm'));
}

function section(title: string, pre: HTMLElement, extra: Node | false = false): HTMLElement {
  return h('section', {}, h('header', {}, h('strong', {}, title), extra, copyButton(() => pre.textContent ?? '')), pre);
}

/** The opened card: input, output, and the decision while one is due. */
class CardBody {
  private readonly whole = h('a', { hidden: true, target: '_blank', rel: 'noopener' });
  readonly element = h('div', { class: 'tool-body' });
  private readonly input = h('pre', { tabindex: 0, 'aria-label': t('Input') });
  private readonly output = h('pre', { tabindex: 0, 'aria-label': t('Output') });
  private readonly note = h('span');
  private readonly outputSection = section(t('Output'), this.output, h('span', { class: 'cluster' }, this.note, this.whole));
  private approval: HTMLElement | null = null;
  private shownArgs: unknown = undefined;

  constructor(private readonly actions: Actions) {
    append(this.element, section(t('Input'), this.input), this.outputSection);
  }

  update(item: ToolItem): void {
    if (item.args !== this.shownArgs) this.input.replaceChildren(...inputNodes(item.args));
    this.shownArgs = item.args;
    this.follow(item.output || (item.endedAt === null ? '' : '—'));
    this.outputSection.hidden = item.output === '' && item.endedAt === null;
    const cut = item.output.length >= OUTPUT_LIMIT;
    this.note.textContent = cut ? t('the last 64 KiB') : item.exitCode !== null ? t('exit {code}', { code: item.exitCode }) : '';
    this.whole.hidden = item.blob === null;
    this.whole.textContent = item.outputBytes === null ? t('Whole output') : t('Whole output, {size}', { size: fileSize(item.outputBytes) });
    this.whole.href = `/api/v1/sessions/${this.actions.sessionId}/tool-calls/${item.id}/output`;
    this.ask(item);
  }

  /** Replaces the text and stays at the end when the reader was there. */
  private follow(text: string): void {
    const pre = this.output;
    if (pre.textContent === text) return;
    const atEnd = pre.scrollHeight - pre.scrollTop - pre.clientHeight < 24;
    pre.textContent = text;
    if (atEnd) pre.scrollTop = pre.scrollHeight;
  }

  private ask(item: ToolItem): void {
    const due = item.status === 'waiting' && item.approvalId !== null;
    if (due && !this.approval) {
      const id = item.approvalId as string;
      this.approval = approvalCard({ id, toolCallId: item.id, tool: item.tool, input: item.args, reason: item.reason,
        danger: item.danger, at: item.at, seq: item.seq }, this.actions, true);
      append(this.element, this.approval);
    } else if (!due && this.approval) {
      this.approval.remove();
      this.approval = null;
    }
  }
}

/** A tool call as a card: one line while closed, its last lines while it runs, everything when open. */
export function toolView(first: ToolItem, actions: Actions): View<ToolItem> {
  const briefly = h('span', { class: 'tool-brief' });
  const figures = h('span', { class: 'tool-meta' });
  const tail = h('pre', { class: 'tool-tail', 'aria-hidden': 'true', hidden: true });
  const card = h('details', { class: 'toolcard' },
    h('summary', {}, icon('chevron-right', 'icon-chevron icon-flip'), icon(toolIcon(first.tool), 'icon-tool icon-sm'),
      h('span', { class: 'tool-name' }, first.tool), briefly, figures));
  const element = h('li', { class: 'item tool', id: `t-${first.id}` }, card, tail);
  let body: CardBody | null = null;
  let latest = first;
  let status = '';
  const open = (): void => {
    if (!body) {
      body = new CardBody(actions);
      card.append(body.element);
    }
    body.update(latest);
  };
  card.addEventListener('toggle', () => {
    if (card.open) open();
    tail.hidden = card.open || tail.textContent === '' || latest.status !== 'running';
  });
  const update = (item: ToolItem): void => {
    latest = item;
    card.dataset['status'] = item.status;
    briefly.textContent = brief(item.args);
    figures.replaceChildren(...meta(item));
    tail.textContent = item.status === 'running' ? lastLines(item.output, 5) : '';
    tail.hidden = card.open || tail.textContent === '';
    if (item.status !== status && item.status === 'waiting') card.open = true;
    if (status === 'waiting' && item.status !== 'waiting') card.open = item.status === 'error';
    status = item.status;
    if (card.open) open();
  };
  update(first);
  return { element, update };
}
