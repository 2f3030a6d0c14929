import { h, icon } from '../../lib/dom';
import { t } from '../../lib/i18n';
import { Chords } from './chords';

const OWN: Record<string, [string, () => void]> = {
  j: ['Next row', () => step(1)],
  k: ['Previous row', () => step(-1)],
  '/': ['Filter this list', () => focus('[data-filter]')],
  r: ['Write a prompt', () => focus('#prompt')],
  a: ['Go to what waits for approval', () => focus('.approval button')],
  '?': ['Show these shortcuts', () => document.dispatchEvent(new CustomEvent('open:keys'))],
};

function focus(selector: string): void {
  document.querySelector<HTMLElement>(selector)?.focus();
}

function step(by: number): void {
  const links = [...document.querySelectorAll<HTMLElement>('[data-list] [data-row] .row-link')].filter((link) => link.offsetParent !== null);
  const here = links.findIndex((link) => link.closest('[data-row]')?.contains(document.activeElement));
  const start = here >= 0 ? here : links.findIndex((link) => link.hasAttribute('aria-current'));
  const next = links[start < 0 ? 0 : Math.min(links.length - 1, Math.max(0, start + by))];
  next?.focus();
  next?.scrollIntoView({ block: 'nearest' });
}

function jumps(): Map<string, HTMLElement> {
  return new Map([...document.querySelectorAll<HTMLElement>('[data-jump]')].map((link) => [link.dataset['jump'] ?? '', link]));
}

function typing(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && (target.isContentEditable || target.matches('input, textarea, select'));
}

function row(chord: string, title: string): HTMLElement {
  return h('div', {}, h('dt', {}, title), h('dd', {}, ...chord.split(' ').map((key) => h('kbd', {}, key))));
}

function overlay(): HTMLDialogElement {
  const rows = [
    row('Ctrl K', t('Search or run a command')),
    ...Object.entries(OWN).map(([chord, [title]]) => row(chord, t(title))),
    ...[...jumps()].map(([chord, link]) => row(chord, (link.getAttribute('aria-label') ?? link.textContent ?? '').trim())),
    row('Ctrl Enter', t('Send the prompt')),
  ];
  const close = h('button', { class: 'btn btn-ghost btn-icon btn-sm', type: 'button', 'aria-label': t('Close'), onclick: () => dialog.close() }, icon('x'));
  const dialog = h('dialog', { class: 'dialog dialog-wide', 'aria-labelledby': 'keys-title' },
    h('header', {}, icon('keyboard'), h('h2', { id: 'keys-title' }, t('Keyboard shortcuts')), close),
    h('div', { class: 'dialog-body' }, h('dl', { class: 'shortcuts' }, ...rows)));
  dialog.addEventListener('close', () => dialog.remove());
  dialog.addEventListener('click', (event) => { if (event.target === dialog) dialog.close(); });
  return dialog;
}

/** Single-key shortcuts and two-key jumps; the links themselves say which keys reach them. */
export function mount(element: HTMLElement): () => void {
  const leaving = new AbortController();
  const { signal } = leaving;
  const chords = new Chords(() => new Set([...Object.keys(OWN), ...jumps().keys()]));
  document.addEventListener('open:keys', () => {
    const dialog = overlay();
    element.append(dialog);
    dialog.showModal();
  }, { signal });
  addEventListener('keydown', (event) => {
    const modified = event.ctrlKey || event.metaKey || event.altKey;
    if (modified || event.isComposing || typing(event.target) || document.querySelector('dialog[open]')) return;
    const chord = chords.press(event.key, event.timeStamp);
    if (!chord) return;
    event.preventDefault();
    const own = OWN[chord];
    if (own) own[1]();
    else jumps().get(chord)?.click();
  }, { signal });
  return () => leaving.abort();
}
