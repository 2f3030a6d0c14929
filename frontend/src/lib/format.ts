import { t } from './i18n';

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** Short relative time ("now", "5m ago", "3h ago", "2d ago"), then the date. */
export function relativeTime(at: number, now: number, locale?: string): string {
  const age = now - at;
  const ahead = age < 0;
  const size = Math.abs(age);
  if (size < 45 * SECOND) return ahead ? t('soon') : t('now');
  if (size < 7 * DAY) {
    const span = size < HOUR ? `${Math.max(1, Math.round(size / MINUTE))}m`
      : size < DAY ? `${Math.round(size / HOUR)}h` : `${Math.round(size / DAY)}d`;
    return ahead ? t('in {span}', { span }) : t('{span} ago', { span });
  }
  const sameYear = new Date(at).getFullYear() === new Date(now).getFullYear();
  return new Date(at).toLocaleDateString(locale, {
    month: 'short', day: 'numeric', ...(sameYear ? {} : { year: 'numeric' }),
  });
}

/** A duration as people read it: 340 ms, 4.2 s, 3 m 07 s, 2 h 05 m. */
export function duration(ms: number): string {
  if (ms < 1000) return `${Math.round(ms)} ms`;
  if (ms < 10 * SECOND) return `${(ms / SECOND).toFixed(1)} s`;
  if (ms < MINUTE) return `${Math.round(ms / SECOND)} s`;
  const two = (n: number): string => String(Math.floor(n)).padStart(2, '0');
  if (ms < HOUR) return `${Math.floor(ms / MINUTE)} m ${two((ms % MINUTE) / SECOND)} s`;
  return `${Math.floor(ms / HOUR)} h ${two((ms % HOUR) / MINUTE)} m`;
}

/** Cost in US dollars; small amounts keep four places, an unknown cost is never shown as zero. */
export function cost(usd: number | null | undefined): string {
  if (usd === null || usd === undefined || Number.isNaN(usd)) return '—';
  return `$${usd.toFixed(usd >= 10 ? 2 : 4)}`;
}

/** 1234567 as 1.2M; exact below a thousand. */
export function compact(n: number): string {
  if (n < 1000) return String(n);
  if (n < 1e6) return `${(n / 1e3).toFixed(n < 1e4 ? 1 : 0)}k`;
  return `${(n / 1e6).toFixed(1)}M`;
}

/** The size of a file as Django writes it: 57 bytes, 12.3 KB, 4.8 MB. */
export function fileSize(bytes: number): string {
  if (bytes < 1024) return `${bytes} bytes`;
  const [size, unit] = bytes < 1 << 20 ? [bytes / 1024, 'KB'] : bytes < 1 << 30 ? [bytes / (1 << 20), 'MB'] : [bytes / (1 << 30), 'GB'];
  return `${size.toFixed(1)} ${unit}`;
}

/** Clock time of an event for the message head. */
export function clock(at: number, locale?: string): string {
  return new Date(at).toLocaleTimeString(locale, { hour: '2-digit', minute: '2-digit' });
}
