import { expect, it } from 'vitest';
import { problemOf } from './api';
import { compact, cost, duration, relativeTime, fileSize } from './format';
import { nt, setCatalog, t } from './i18n';

const NOW = Date.UTC(2026, 5, 15, 12);
const HOUR = 3_600_000;

it.each([
  [0, 'now'], [44_000, 'now'], [60_000, '1m ago'], [59 * 60_000, '59m ago'], [3 * HOUR, '3h ago'],
  [49 * HOUR, '2d ago'], [-2 * HOUR, 'in 2h'], [-1000, 'soon'], [10 * 24 * HOUR, 'Jun 5'], [400 * 24 * HOUR, 'May 11, 2025'],
])('%i ms old reads %s', (age, text) => {
  expect(relativeTime(NOW - age, NOW, 'en')).toBe(text);
});

it.each([[12.4, '12 ms'], [999, '999 ms'], [1000, '1.0 s'], [9_940, '9.9 s'], [59_400, '59 s'], [67_000, '1 m 07 s'], [7_500_000, '2 h 05 m']])('%d ms lasts %s', (ms, text) => {
  expect(duration(ms)).toBe(text);
});

it.each([[null, '—'], [undefined, '—'], [0, '$0.0000'], [0.00123, '$0.0012'], [12.345, '$12.35']])('%s costs %s', (usd, text) => {
  expect(cost(usd)).toBe(text);
});

it.each([[999, '999'], [1234, '1.2k'], [84_237, '84k'], [1_234_567, '1.2M']])('%i is %s', (n, text) => {
  expect(compact(n)).toBe(text);
});

it('translates by the catalog, with names and plurals', () => {
  setCatalog({ '{n} file': ['{n} Datei', '{n} Dateien'], 'Hello {who}': 'Hallo {who}' });
  expect(t('Hello {who}', { who: 'Ada' })).toBe('Hallo Ada');
  expect(nt('{n} file', '{n} files', 1)).toBe('1 Datei');
  expect(nt('{n} file', '{n} files', 3)).toBe('3 Dateien');
  setCatalog({});
  expect(t('Hello {who}', {})).toBe('Hello {who}');
});

it('reads a problem, and still says something when there is none', async () => {
  const problem = { title: 'Quota reached', detail: 'Five are allowed.', code: 'quota_exceeded' };
  const headers = { 'content-type': 'application/problem+json' };
  expect(await problemOf(new Response(JSON.stringify(problem), { status: 429, headers }))).toEqual({ ...problem, status: 429 });
  expect(await problemOf(new Response('<html>', { status: 502, statusText: 'Bad Gateway' }))).toEqual({ status: 502, title: 'Bad Gateway' });
  expect((await problemOf(new Response('{', { status: 500, headers }))).status).toBe(500);
});

it.each([[57, '57 bytes'], [12_600, '12.3 KB'], [4_998_249, '4.8 MB'], [3 * 2 ** 30, '3.0 GB']])('%d is %s', (bytes, size) => {
  expect(fileSize(bytes)).toBe(size);
});
