import { avatar, h, icon } from '../../lib/dom';
import { clock, duration } from '../../lib/format';
import { t } from '../../lib/i18n';
import type { ViewState } from './state';
import { layout, type Lane, type Mark, type Timeline } from './timeline';
import { toolIcon } from './tooltext';

const LANE_PX = 18;

function laneLabel(lane: Lane): HTMLElement {
  const mark = lane.kind === 'tool' ? icon(toolIcon(lane.label)) : avatar(lane.label, lane.kind);
  return h('li', { title: lane.label }, mark, h('span', { class: 'truncate' }, lane.label));
}

function describe(mark: Mark): string {
  const parts = [mark.label, clock(mark.at)];
  if (mark.ms > 0) parts.push(duration(mark.ms));
  if (mark.status) parts.push(mark.status);
  return parts.join(' · ');
}

/** The strip above the conversation; one tab stop, arrows walk along time, Enter goes there. */
export class TimelineView {
  private readonly labels = h('ul', { class: 'timeline-labels', 'aria-hidden': 'true' });
  private readonly lanes = h('div', { class: 'timeline-lanes', role: 'group', 'aria-label': t('Timeline') });
  private readonly summary = h('span');
  private shown: ViewState | null = null;
  private current = '';

  constructor(private readonly root: HTMLDetailsElement, private readonly go: (id: string) => void) {
    root.replaceChildren(
      h('summary', {}, icon('chevron-right', 'icon-flip'), h('span', {}, t('Timeline')), this.summary),
      h('div', { class: 'timeline-grid' }, this.labels, this.lanes));
    root.open = innerWidth > 760 && localStorage.getItem('timeline') !== 'closed';
    root.addEventListener('toggle', () => {
      localStorage.setItem('timeline', root.open ? 'open' : 'closed');
      if (this.shown) this.render(this.shown);
    });
    this.lanes.addEventListener('keydown', (event) => this.onKey(event));
    this.lanes.addEventListener('click', (event) => this.onClick(event));
  }

  render(state: ViewState): void {
    this.shown = state;
    this.root.hidden = state.items.length === 0;
    if (this.root.hidden || !this.root.open) return;
    this.draw(layout(state, Date.now()));
  }

  private draw(timeline: Timeline): void {
    const focused = this.lanes.contains(document.activeElement);
    this.labels.replaceChildren(...timeline.lanes.map(laneLabel));
    this.lanes.replaceChildren(
      ...timeline.gaps.map((gap) => {
        const line = h('span', { class: 'timeline-gap', title: t('{span} without anything', { span: duration(gap.ms) }) });
        line.style.left = `${gap.at * 100}%`;
        return line;
      }),
      ...timeline.marks.map((mark) => this.mark(mark)));
    this.lanes.style.height = `${timeline.lanes.length * LANE_PX}px`;
    this.summary.textContent = `${clock(timeline.from)} – ${clock(timeline.to)}`;
    const stop = this.buttons().find((one) => one.dataset['id'] === this.current) ?? this.buttons().at(-1);
    if (stop) stop.tabIndex = 0;
    if (focused) stop?.focus({ preventScroll: true });
  }

  private mark(mark: Mark): HTMLElement {
    const label = describe(mark);
    const element = mark.kind === 'run'
      ? h('span', { class: 'mark', 'data-kind': 'run', 'data-status': mark.status, title: label })
      : h('button', { class: 'mark', type: 'button', tabindex: -1, 'data-kind': mark.kind, 'data-status': mark.status || null,
        'data-id': mark.id, 'aria-label': label, title: label });
    element.style.insetInlineStart = `${mark.start * 99.2}%`;
    element.style.width = `${mark.width * 99.2}%`;
    element.style.top = `${mark.lane * LANE_PX + 3}px`;
    return element;
  }

  private buttons(): HTMLButtonElement[] {
    return [...this.lanes.querySelectorAll<HTMLButtonElement>('button.mark')];
  }

  private onClick(event: Event): void {
    const id = (event.target as HTMLElement).closest<HTMLElement>('button.mark')?.dataset['id'];
    if (!id) return;
    this.current = id;
    this.go(id);
  }

  private onKey(event: KeyboardEvent): void {
    const step = { ArrowRight: 1, ArrowLeft: -1, ArrowDown: 1, ArrowUp: -1 }[event.key];
    const all = this.buttons();
    const at = all.indexOf(document.activeElement as HTMLButtonElement);
    const to = event.key === 'Home' ? 0 : event.key === 'End' ? all.length - 1 : step ? at + step : -1;
    const next = all[to];
    if (at < 0 || !next) return;
    event.preventDefault();
    for (const one of all) one.tabIndex = -1;
    next.tabIndex = 0;
    this.current = next.dataset['id'] ?? '';
    next.focus();
  }
}
