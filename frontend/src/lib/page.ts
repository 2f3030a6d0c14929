import { compact, relativeTime } from './format';
import { problemOf } from './api';
import { expireToasts, toast, toastProblem } from './toast';
import { t } from './i18n';

/** Shortens long numbers that the server wrote in full. */
function shortenNumbers(root: ParentNode): void {
  for (const element of root.querySelectorAll<HTMLDataElement>('data[data-compact]')) {
    element.textContent = compact(Number(element.value));
  }
}

/** Writes relative times into every <time data-relative> below root. */
export function refreshTimes(root: ParentNode): void {
  const now = Date.now();
  for (const element of root.querySelectorAll<HTMLTimeElement>('time[data-relative]')) {
    const text = relativeTime(Date.parse(element.dateTime), now, document.documentElement.lang);
    if (element.textContent !== text) element.textContent = text;
  }
}

async function copy(button: HTMLElement): Promise<void> {
  const source = document.getElementById(button.dataset['copy'] ?? '');
  if (!source) return;
  try {
    await navigator.clipboard.writeText(source.textContent?.trim() ?? '');
    toast(t('Copied'), 'good');
  } catch {
    getSelection()?.selectAllChildren(source);
    toast(t('Press Ctrl+C to copy the selected text'));
  }
}

/** A menu gives way to the dialog that one of its items opens, instead of staying behind it. */
function leaveMenu(event: MouseEvent, item: HTMLElement): void {
  const dialog = document.getElementById(item.getAttribute('popovertarget') ?? '');
  if (!dialog) return;
  event.preventDefault();
  item.closest<HTMLElement>('.menu')?.hidePopover();
  dialog.showPopover();
}

function onClick(event: MouseEvent): void {
  const target = event.target as Element;
  const item = target.closest<HTMLElement>('.menu button[popovertarget]');
  if (item) leaveMenu(event, item);
  target.closest('[data-dismiss]')?.closest('.toast')?.remove();
  const copier = target.closest<HTMLElement>('[data-copy]');
  if (copier) void copy(copier);
  const opener = target.closest<HTMLElement>('[data-open]');
  if (opener) document.dispatchEvent(new CustomEvent(`open:${opener.dataset['open']}`));
}

function onChange(event: Event): void {
  const control = event.target as HTMLElement;
  if (control.matches('[data-autosubmit]')) control.closest('form')?.requestSubmit();
}

function onSubmit(event: SubmitEvent): void {
  const button = event.submitter;
  if (event.defaultPrevented || !(button instanceof HTMLElement)) return;
  button.setAttribute('aria-busy', 'true');
  // A page that is restored from the back-forward cache must not stay busy.
  addEventListener('pageshow', () => button.removeAttribute('aria-busy'), { once: true });
}

async function onHtmxError(event: Event): Promise<void> {
  const { xhr } = (event as CustomEvent<{ xhr: XMLHttpRequest }>).detail;
  const type = xhr.getResponseHeader('content-type') ?? '';
  const init = { status: xhr.status || 500, headers: { 'content-type': type } };
  toastProblem(await problemOf(new Response(xhr.responseText, init)));
}

/** What every page has besides its islands: relative times, copying, toasts, busy buttons. */
export function enhancePage(page: Document): void {
  refreshTimes(page);
  shortenNumbers(page);
  expireToasts(page);
  setInterval(() => refreshTimes(page), 30_000);
  page.addEventListener('click', onClick);
  page.addEventListener('change', onChange);
  page.addEventListener('submit', onSubmit);
  page.addEventListener('htmx:afterSettle', () => {
    refreshTimes(page);
    shortenNumbers(page);
  });
  page.addEventListener('htmx:responseError', (event) => void onHtmxError(event));
  page.addEventListener('htmx:sendError', () => toast(t('The server cannot be reached'), 'bad'));
}
