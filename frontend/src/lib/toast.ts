import { ProblemError, type Problem } from './api';
import { h, icon } from './dom';
import { t } from './i18n';

const ICONS = { good: 'check', bad: 'danger', wait: 'alert', run: 'info' } as const;
const STAYS_MS = 7000;

/** Shows a message in the corner; bad news stays until it is dismissed. */
export function toast(title: string, tone: keyof typeof ICONS = 'run', detail = ''): void {
  const card = h('div', { class: 'toast', role: tone === 'bad' ? 'alert' : 'status', 'data-tone': tone },
    icon(ICONS[tone]),
    h('div', {}, h('strong', {}, title), detail && h('p', {}, detail)),
    h('button', { class: 'btn btn-ghost btn-icon btn-sm', type: 'button', 'aria-label': t('Dismiss'),
      onclick: () => card.remove() }, icon('x', 'icon-sm')));
  document.getElementById('toasts')?.append(card);
  expire(card);
}

function expire(card: HTMLElement): void {
  // Bad news and what can be undone wait for the reader.
  if (card.dataset['tone'] === 'bad' || card.querySelector('form')) return;
  setTimeout(() => card.remove(), STAYS_MS);
}

/** The messages that came with the page leave by themselves, as those of the page do. */
export function expireToasts(page: ParentNode): void {
  for (const card of page.querySelectorAll<HTMLElement>('.toast')) expire(card);
}

/** The server's own words about a refusal. */
export function toastProblem(problem: Problem): void {
  const details = problem.errors?.map((error) => error.detail).join(' ') || problem.detail || '';
  toast(problem.title, 'bad', details);
}

/** Shows whatever went wrong; anything but a problem is a defect and also reaches the console. */
export function toastError(error: unknown): void {
  if (error instanceof ProblemError) return toastProblem(error.problem);
  console.error(error);
  toast(t('Something went wrong on this page'), 'bad', error instanceof Error ? error.message : '');
}
