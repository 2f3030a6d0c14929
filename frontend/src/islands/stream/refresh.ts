import { get } from '../../lib/api';
import { statusBadge } from '../../lib/dom';
import type { StreamEvent } from '../../lib/events';
import { t } from '../../lib/i18n';

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
  private newest = '';

  constructor(private readonly root: HTMLElement, private readonly loadFigures: () => Promise<void>) {
    this.list = setInterval(() => {
      if (!document.hidden) void this.refreshList().catch(() => undefined);
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
  private fetchAgain(part: string): void {
    const { htmx } = window as unknown as { htmx?: Htmx };
    void htmx?.ajax('GET', location.pathname, { target: part, select: part, swap: 'outerHTML', source: part });
  }

  private async refreshList(): Promise<void> {
    const page = await get<{ results: { id: string; name: string; status: string }[] }>('/sessions?limit=50');
    // A session that came into being meanwhile; asked for once, as it need not be in the column.
    const newest = page.results[0]?.id ?? '';
    const known = newest === this.newest || this.root.querySelector(`[data-session="${CSS.escape(newest)}"]`);
    this.newest = newest;
    if (newest && !known) return this.fetchAgain('#sessions-column');
    for (const session of page.results) {
      const row = this.root.querySelector(`[data-session="${CSS.escape(session.id)}"]`);
      const badge = row?.querySelector<HTMLElement>('.status');
      if (badge && badge.dataset['status'] !== session.status) badge.replaceWith(statusBadge(session.status, t(session.status), true));
      const link = row?.querySelector('.row-link');
      if (link && link.textContent !== session.name) link.textContent = session.name;
    }
  }
}
