import { arrange, avatar, h, icon } from '../../lib/dom';
import { clock, duration } from '../../lib/format';
import { t } from '../../lib/i18n';
import type { ViewState } from './state';
import { layout, type Lane, type Mark, type Timeline } from './timeline';
import { toolIcon } from './tooltext';

const LANE_PX = 18;
const REDRAW_MS = 1000;

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

function gapLine(gap: Timeline['gaps'][number]): HTMLElement {
  const line = h('span', { class: 'timeline-gap', title: t('{span} without anything', { span: duration(gap.ms) }) });
  line.style.left = `${gap.at * 100}%`;
  return line;
}

/** The strip above the conversation; one tab stop, arrows walk along time, Enter goes there. */
export class TimelineView {
  private readonly labels = h('ul', { class: 'timeline-labels', 'aria-hidden': 'true' });
  private readonly lanes = h('div', { class: 'timeline-lanes', role: 'group', 'aria-label': t('Timeline') });
  private readonly summary = h('span');
  private shown: ViewState | null = null;
  private current = '';
  private names = '';
  private readonly marks = new Map<string, HTMLElement>();
  private readonly drawn = new Set<string>();
  private timer = 0;
  private drawnAt = 0;

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

  /** Follows the state, redrawing at most once a second: the strip tells a story, not a frame. */
  render(state: ViewState): void {
    this.shown = state;
    this.root.hidden = state.items.length === 0;
    if (this.root.hidden || !this.root.open || this.timer) return;
    const wait = Math.max(0, this.drawnAt + REDRAW_MS - Date.now());
    this.timer = window.setTimeout(() => {
      this.timer = 0;
      this.drawnAt = Date.now();
      if (this.shown && this.root.open) this.draw(layout(this.shown, this.drawnAt));
    }, wait);
  }

  private draw(timeline: Timeline): void {
    const focused = this.lanes.contains(document.activeElement);
    const names = timeline.lanes.map((lane) => lane.key).join();
    if (names !== this.names) this.labels.replaceChildren(...timeline.lanes.map(laneLabel));
    this.names = names;
    const marks = timeline.marks.map((mark) => this.place(mark));
    arrange(this.lanes, [...marks, ...timeline.gaps.map(gapLine)]);
    for (const key of this.marks.keys()) if (!this.drawn.has(key)) this.marks.delete(key);
    this.drawn.clear();
    this.lanes.style.height = `${timeline.lanes.length * LANE_PX}px`;
    this.summary.textContent = `${clock(timeline.from)} – ${clock(timeline.to)}`;
    const stop = this.buttons().find((one) => one.dataset['id'] === this.current) ?? this.buttons().at(-1);
    if (stop) stop.tabIndex = 0;
    if (focused) stop?.focus({ preventScroll: true });
  }

  /** The element of a mark, made once and moved afterwards. */
  private place(mark: Mark): HTMLElement {
    const key = `${mark.kind}:${mark.id || mark.at}`;
    const element = this.marks.get(key) ?? (mark.kind === 'run' ? h('span') : h('button', { type: 'button', tabindex: -1 }));
    this.marks.set(key, element);
    this.drawn.add(key);
    const css = `inset-inline-start:${(mark.start * 99.2).toFixed(2)}%;width:${(mark.width * 99.2).toFixed(2)}%;top:${mark.lane * LANE_PX + 3}px`;
    if (element.dataset['place'] !== css) {
      element.dataset['place'] = css;
      element.style.cssText = css;
    }
    if (element.className === '' || element.dataset['status'] !== mark.status) this.describe(element, mark);
    return element;
  }

  private describe(element: HTMLElement, mark: Mark): void {
    element.className = 'mark';
    element.dataset['kind'] = mark.kind;
    element.dataset['status'] = mark.status;
    element.title = describe(mark);
    if (mark.kind === 'run') return;
    element.dataset['id'] = mark.id;
    element.setAttribute('aria-label', element.title);
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
