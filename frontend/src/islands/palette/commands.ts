import { get } from '../../lib/api';
import { t } from '../../lib/i18n';
import { choose } from '../../lib/theme';
import type { Command } from './rank';

interface ActionRow {
  name: string;
  title: string;
  summary: string;
}

/** Which page each verb is done on; the palette element of the page says where those pages are. */
const PAGES: [RegExp, string][] = [
  [/^sessions\.create$/, 'newSession'],
  [/^approvals\./, 'inbox'],
  [/^identity\.(invite|revoke_invitation|change_role|remove_member)$/, 'people'],
  [/^identity\..*team$/, 'teams'],
  [/^identity\..*token$/, 'tokens'],
  [/^identity\.change_password$/, 'password'],
  [/^identity\.change_organization$/, 'organization'],
  [/^marketplace\.(register_server|import_servers)$/, 'newServer'],
  [/^marketplace\./, 'servers'],
  [/^audit\./, 'ledger'],
];

/** The page of a verb, or undefined when it has none or the person has no way there. */
export function pageOf(verb: string, places: DOMStringMap): string | undefined {
  const key = PAGES.find(([pattern]) => pattern.test(verb))?.[1];
  return (key && places[key]) || undefined;
}

interface SessionRow {
  id: string;
  name: string;
  status: string;
}

let registry: Promise<ActionRow[]> | null = null;

async function actions(): Promise<ActionRow[]> {
  return (await get<{ results: ActionRow[] }>('/actions')).results;
}

/** What the page in front of the person can do: its own buttons, under their own names. */
export function pageCommands(page: ParentNode): Command[] {
  const seen = new Set<string>();
  return [...page.querySelectorAll<HTMLElement>('[data-command]')].flatMap((element) => {
    const title = element.dataset['command'] ?? '';
    const hidden = element.closest<HTMLElement>('[hidden]') !== null;
    if (hidden || seen.has(title)) return [];
    seen.add(title);
    return [{
      id: `page:${title}`, title, detail: '', group: t('This page'), icon: element.dataset['icon'] ?? 'chevron-right',
      run: () => element.click(),
    }];
  });
}

/** The places the shell links to, with their jumps. */
export function places(page: ParentNode): Command[] {
  return [...page.querySelectorAll<HTMLAnchorElement>('a[data-jump]')].map((link) => ({
    id: `place:${link.pathname}${link.search}`,
    title: t('Go to {place}', { place: (link.getAttribute('aria-label') ?? link.textContent ?? '').trim() }),
    detail: '', group: t('Go to'), icon: 'chevron-right', keys: link.dataset['jump'] ?? '',
    run: () => link.click(),
  }));
}

/** Things every page can do. */
export function everywhere(): Command[] {
  const theme = (choice: 'system' | 'light' | 'dark', title: string, icon: string): Command => ({
    id: `theme:${choice}`, title, detail: '', group: t('Preferences'), icon, run: () => choose(choice),
  });
  return [
    theme('dark', t('Dark theme'), 'moon'), theme('light', t('Light theme'), 'sun'), theme('system', t('Theme of the system'), 'auto'),
    { id: 'keys', title: t('Keyboard shortcuts'), detail: '', group: t('Preferences'), icon: 'keyboard', keys: '?',
      run: () => document.dispatchEvent(new CustomEvent('open:keys')) },
  ];
}

/** The verbs of the registry that are done on some page, read once. */
export async function verbs(places: DOMStringMap): Promise<Command[]> {
  registry ??= actions().catch((error: unknown) => {
    registry = null;
    throw error;
  });
  const rows = await registry;
  return rows.flatMap((row) => {
    const url = pageOf(row.name, places);
    return url ? [{
      id: `verb:${row.name}`, title: row.title || row.name, detail: row.summary, group: t('Commands'), icon: 'play',
      run: () => location.assign(url),
    }] : [];
  });
}

/** Sessions of the organization one works in whose name or content fits. */
export async function sessions(query: string, tenant: string, signal: AbortSignal): Promise<Command[]> {
  if (query.trim().length < 2) return [];
  const page = await get<{ results: SessionRow[] }>(`/sessions?limit=8&organization=${tenant}&q=${encodeURIComponent(query.trim())}`, signal);
  const list = document.querySelector<HTMLAnchorElement>('a[data-jump="g s"]')?.pathname ?? '/sessions/';
  return page.results.map((row) => ({
    id: `session:${row.id}`, title: row.name, detail: t(row.status), group: t('Sessions'), icon: `status-${row.status}`,
    run: () => location.assign(`${list.replace(/\/$/, '')}/${row.id}${list.endsWith('/') ? '/' : ''}`),
  }));
}
