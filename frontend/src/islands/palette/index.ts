import { h, icon } from '../../lib/dom';
import { t } from '../../lib/i18n';
import { everywhere, pageCommands, places, sessions, verbs } from './commands';
import { rank, type Command, type Ranked } from './rank';

const TYPING_PAUSE_MS = 120;

function highlighted(title: string, hits: readonly number[]): HTMLElement {
  const span = h('span', { class: 'truncate' });
  const marked = new Set(hits);
  for (let at = 0; at < title.length; at += 1) {
    let end = at + 1;
    while (end < title.length && marked.has(end) === marked.has(at)) end += 1;
    const piece = title.slice(at, end);
    span.append(marked.has(at) ? h('mark', {}, piece) : piece);
    at = end - 1;
  }
  return span;
}

/** Ctrl-K: a combobox over places, this page's buttons, the verb registry and the sessions. */
class Palette {
  private readonly input = h('input', {
    class: 'palette-input', type: 'text', role: 'combobox', 'aria-expanded': 'true', 'aria-controls': 'palette-list',
    'aria-autocomplete': 'list', 'aria-label': t('Search or run a command'), placeholder: t('Search or run a command'),
    autocomplete: 'off', spellcheck: 'false',
  });
  private readonly list = h('div', { class: 'palette-list', id: 'palette-list', role: 'listbox', 'aria-label': t('Results') });
  private readonly dialog = h('dialog', { class: 'palette', 'aria-label': t('Search or run a command') }, this.input, this.list,
    h('div', { class: 'palette-foot', 'aria-hidden': 'true' },
      h('span', {}, h('kbd', {}, '↑'), ' ', h('kbd', {}, '↓'), ' ', t('choose')),
      h('span', {}, h('kbd', {}, 'Enter'), ' ', t('run')), h('span', {}, h('kbd', {}, 'Esc'), ' ', t('close'))));
  private local: Command[] = [];
  private remote: Command[] = [];
  private found: Ranked[] = [];
  private chosen = 0;
  private asking = new AbortController();
  private timer: ReturnType<typeof setTimeout> | undefined;

  constructor(private readonly host: HTMLElement) {
    host.append(this.dialog);
    this.input.addEventListener('input', () => this.onInput());
    this.input.addEventListener('keydown', (event) => this.onKey(event));
    this.list.addEventListener('mousemove', (event) => this.choose(this.indexOf(event), false));
    this.list.addEventListener('click', (event) => this.run(this.indexOf(event)));
    this.dialog.addEventListener('click', (event) => { if (event.target === this.dialog) this.dialog.close(); });
  }

  open(): void {
    if (this.dialog.open) return this.dialog.close();
    this.local = [...pageCommands(document), ...places(document), ...everywhere()];
    this.remote = [];
    this.input.value = '';
    this.dialog.showModal();
    this.show();
    void verbs(this.host.dataset).then((found) => {
      const titles = new Set(this.local.map((one) => one.title));
      this.local = [...this.local, ...found.filter((one) => !titles.has(one.title))];
      this.show();
    }, () => undefined);
  }

  destroy(): void {
    this.asking.abort();
    this.dialog.remove();
  }

  private onInput(): void {
    this.chosen = 0;
    this.show();
    clearTimeout(this.timer);
    this.timer = setTimeout(() => void this.ask(), TYPING_PAUSE_MS);
  }

  private async ask(): Promise<void> {
    this.asking.abort();
    this.asking = new AbortController();
    const { signal } = this.asking;
    const found = await sessions(this.input.value, this.host.dataset['tenant'] ?? '', signal).catch((): Command[] => []);
    if (signal.aborted) return;
    this.remote = found;
    this.show();
  }

  private show(): void {
    const query = this.input.value;
    this.found = [...rank(this.local, query), ...this.remote.map((command) => ({ command, hits: [], score: 0 }))];
    this.list.replaceChildren();
    let group = '';
    this.found.forEach(({ command, hits }, at) => {
      if (command.group !== group && !(query && group && command.group !== t('Sessions'))) {
        this.list.append(h('div', { class: 'palette-group', role: 'presentation' }, query && command.group !== t('Sessions') ? t('Best matches') : command.group));
      }
      group = command.group;
      this.list.append(this.option(command, hits, at));
    });
    if (this.found.length === 0) this.list.append(h('div', { class: 'palette-group', role: 'presentation' }, t('Nothing fits. Try fewer letters.')));
    this.choose(this.chosen, true);
  }

  private option(command: Command, hits: readonly number[], at: number): HTMLElement {
    return h('div', { class: 'palette-option', role: 'option', id: `palette-${at}`, 'data-at': at, 'aria-selected': 'false' },
      icon(command.icon, command.icon.startsWith('chevron') ? 'icon-flip' : ''), highlighted(command.title, hits),
      command.detail && h('span', { class: 'faint small truncate' }, command.detail),
      command.keys && h('span', { class: 'keys' }, ...command.keys.split(' ').map((key) => h('kbd', {}, key))));
  }

  private indexOf(event: Event): number {
    return Number((event.target as Element).closest<HTMLElement>('[data-at]')?.dataset['at'] ?? -1);
  }

  private choose(at: number, scroll: boolean): void {
    if (at < 0 || this.found.length === 0) return;
    this.chosen = Math.min(at, this.found.length - 1);
    for (const option of this.list.querySelectorAll('[role=option]')) {
      option.setAttribute('aria-selected', String(option.id === `palette-${this.chosen}`));
    }
    this.input.setAttribute('aria-activedescendant', `palette-${this.chosen}`);
    if (scroll) document.getElementById(`palette-${this.chosen}`)?.scrollIntoView({ block: 'nearest' });
  }

  private onKey(event: KeyboardEvent): void {
    const count = this.found.length;
    if (event.key === 'ArrowDown' && count) this.choose((this.chosen + 1) % count, true);
    else if (event.key === 'ArrowUp' && count) this.choose((this.chosen - 1 + count) % count, true);
    else if (event.key === 'Enter') this.run(this.chosen);
    else return;
    event.preventDefault();
  }

  private run(at: number): void {
    const chosen = this.found[at];
    if (!chosen) return;
    this.dialog.close();
    chosen.command.run();
  }
}

/** Opens by Ctrl-K or Cmd-K anywhere, and by the search box of the top bar. */
export function mount(element: HTMLElement): () => void {
  const palette = new Palette(element);
  const leaving = new AbortController();
  const { signal } = leaving;
  document.addEventListener('open:palette', () => palette.open(), { signal });
  addEventListener('keydown', (event) => {
    if (event.key.toLowerCase() !== 'k' || !(event.ctrlKey || event.metaKey) || event.shiftKey || event.altKey) return;
    event.preventDefault();
    palette.open();
  }, { signal });
  return () => {
    leaving.abort();
    palette.destroy();
  };
}
