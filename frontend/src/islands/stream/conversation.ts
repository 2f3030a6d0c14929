import { nt, t } from '../../lib/i18n';
import { arrange, need, slot } from '../../lib/dom';
import type { Item, ViewState } from './state';
import { toolView } from './toolcard';
import {
  dayView, messageView, noteView, pendingView, reasoningView, runView, type Actions, type View,
} from './views';

const STEP = 150;
const NEAR_END_PX = 90;

function viewOf(item: Item, actions: Actions): View {
  switch (item.kind) {
    case 'message': return messageView(item, actions) as View;
    case 'reasoning': return reasoningView(item) as View;
    case 'tool': return toolView(item, actions) as View;
    case 'note': return noteView(item) as View;
    case 'run': return runView(item) as View;
  }
}

/** The middle column: the newest items as keyed rows, held at the end while the reader is there. */
export class Conversation {
  private readonly log: HTMLElement;
  private readonly scroller: HTMLElement;
  private readonly jump: HTMLElement | null;
  private readonly views = new Map<string, { view: View; item: Item }>();
  private readonly days = new Map<string, HTMLElement>();
  private limit = STEP;
  private stuck = true;
  private seenSeq = 0;
  private lastTop = 0;
  private readonly resize: ResizeObserver;

  constructor(root: HTMLElement, private readonly actions: Actions, private readonly myName: string) {
    this.log = need(root, '[data-slot=log]');
    this.scroller = need(root, '[data-slot=scroller]');
    this.jump = slot(root, 'jump');
    this.scroller.addEventListener('scroll', () => this.onScroll(), { passive: true });
    this.jump?.querySelector('button')?.addEventListener('click', () => this.toEnd());
    this.resize = new ResizeObserver(() => { if (this.stuck) this.toEnd(); });
    this.resize.observe(this.log);
    this.resize.observe(this.scroller);
  }

  destroy(): void {
    this.resize.disconnect();
  }

  render(state: ViewState): void {
    const nodes: Node[] = [];
    let day = '';
    const shown = state.items.slice(-this.limit);
    for (const item of shown) {
      if (item.kind === 'message' && item.queued) continue;
      const date = new Date(item.at).toDateString();
      if (day !== '' && date !== day) nodes.push(this.day(date, item.at));
      day = date;
      nodes.push(this.row(item));
    }
    for (const pending of state.pending) nodes.push(pendingView(pending, this.myName));
    const empty = nodes.length === 0 ? this.log.querySelector('[data-slot=empty]') : null;
    arrange(this.log, empty ? [empty] : nodes);
    this.forget(shown);
    if (this.stuck) this.toEnd();
    this.showJump(state);
  }

  /** Whether the state holds items that are not on the page. */
  hasMore(state: ViewState): boolean {
    return state.items.length > this.limit;
  }

  /** Shows older items above, without moving what is being read. */
  showMore(state: ViewState): void {
    const fromEnd = this.scroller.scrollHeight - this.scroller.scrollTop;
    this.stuck = false;
    this.limit += STEP;
    this.render(state);
    this.scroller.scrollTop = this.scroller.scrollHeight - fromEnd;
  }

  /** Brings an item into view and marks it for a moment. */
  reveal(id: string, state: ViewState): void {
    const at = state.index.get(id);
    if (at === undefined) return;
    if (state.items.length - at > this.limit) {
      this.limit = state.items.length - at + 20;
      this.render(state);
    }
    const element = this.views.get(id)?.view.element;
    if (!element) return;
    this.stuck = false;
    element.scrollIntoView({ block: 'center' });
    element.classList.add('is-target');
    element.addEventListener('animationend', () => element.classList.remove('is-target'), { once: true });
    element.querySelector<HTMLElement>('summary')?.focus({ preventScroll: true });
  }

  /** The last event the reader can see, for "looking at". */
  lookingAt(state: ViewState): number {
    if (this.stuck) return state.lastSeq;
    const edge = this.scroller.getBoundingClientRect().bottom;
    for (const item of state.items.slice(-this.limit).reverse()) {
      const element = this.views.get(item.id)?.view.element;
      if (element && element.getBoundingClientRect().top < edge) return item.seq;
    }
    return state.firstSeq;
  }

  toEnd(): void {
    this.stuck = true;
    this.scroller.scrollTop = this.scroller.scrollHeight;
  }

  private row(item: Item): HTMLElement {
    const known = this.views.get(item.id);
    if (!known) {
      const view = viewOf(item, this.actions);
      this.views.set(item.id, { view, item });
      return view.element;
    }
    // A state made anew holds new objects; the events behind an item say whether it changed.
    const same = known.item.lastSeq === item.lastSeq && known.item.seq === item.seq;
    if (known.item !== item && !same) known.view.update(item);
    known.item = item;
    return known.view.element;
  }

  private day(key: string, at: number): HTMLElement {
    const known = this.days.get(key) ?? dayView(at);
    this.days.set(key, known);
    return known;
  }

  private forget(shown: readonly Item[]): void {
    if (this.views.size <= shown.length) return;
    const keep = new Set(shown.map((item) => item.id));
    for (const id of this.views.keys()) if (!keep.has(id)) this.views.delete(id);
  }

  private onScroll(): void {
    const { scrollHeight, scrollTop, clientHeight } = this.scroller;
    const near = scrollHeight - scrollTop - clientHeight < NEAR_END_PX;
    // Only moving up lets go of the end: rows that grow below the reader do not.
    if (near) this.stuck = true;
    else if (scrollTop < this.lastTop) this.stuck = false;
    this.lastTop = scrollTop;
    if (this.stuck && this.jump) this.jump.hidden = true;
  }

  private showJump(state: ViewState): void {
    if (!this.jump) return;
    if (this.stuck) this.seenSeq = state.lastSeq;
    this.jump.hidden = this.stuck;
    const fresh = state.items.filter((item) => item.seq > this.seenSeq).length;
    const label = this.jump.querySelector('span');
    if (label) label.textContent = fresh > 0 ? nt('{n} new', '{n} new', fresh) : t('Latest');
  }
}
