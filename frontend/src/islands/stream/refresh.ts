import type { StreamEvent } from '../../lib/events';

const FIGURES_MS = 800;
const LIST_MS = 20_000;
const TOUCHES_FIGURES = new Set(['RUN_FINISHED', 'RUN_ERROR', 'usage', 'session.renamed', 'session.archived']);
const TOUCHES_FILES = new Set(['TOOL_CALL_RESULT', 'RUN_FINISHED', 'file.changed']);

interface Htmx {
  ajax: (verb: string, path: string, options: Record<string, unknown>) => Promise<void>;
}

/** Reads again what events only hint at: the session's figures, its files, and the list of sessions. */
export class Refresher {
  private figures: ReturnType<typeof setTimeout> | undefined;
  private files: ReturnType<typeof setTimeout> | undefined;
  private readonly list: ReturnType<typeof setInterval>;

  constructor(private readonly root: HTMLElement, private readonly loadFigures: () => Promise<void>) {
    this.list = setInterval(() => {
      if (!document.hidden) this.refreshList();
    }, LIST_MS);
  }

  stop(): void {
    clearInterval(this.list);
    clearTimeout(this.figures);
    clearTimeout(this.files);
  }

  notice(events: readonly StreamEvent[]): void {
    const names = events.map((event) => (event.type === 'CUSTOM' ? String(event.data['name']) : event.type));
    if (names.some((name) => TOUCHES_FIGURES.has(name))) {
      this.figures ??= setTimeout(() => {
        this.figures = undefined;
        void this.loadFigures().catch(() => undefined);
      }, FIGURES_MS);
    }
    if (names.some((name) => TOUCHES_FILES.has(name))) {
      this.files ??= setTimeout(() => {
        this.files = undefined;
        this.refreshFiles();
      }, 2 * FIGURES_MS);
    }
  }

  private refreshFiles(): void {
    this.fetchAgain('#context-files');
  }

  /** Puts a part of this page as the server renders it now in the place of the shown one. */
  private fetchAgain(part: string, select = part, swap = 'outerHTML'): void {
    const { htmx } = window as unknown as { htmx?: Htmx };
    void htmx?.ajax('GET', location.pathname, { target: part, select, swap, source: part });
  }

  /** Names, states, drivers and unread counts as they are now; never under somebody's focus. */
  private refreshList(): void {
    if (this.root.querySelector('#sessions-column')?.contains(document.activeElement)) return;
    this.fetchAgain('#sessions-column', '#sessions-column > li', 'innerHTML');
  }
}
