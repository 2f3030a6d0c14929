import { expect, it } from 'vitest';
import { Chords } from '../keys/chords';
import { pageOf } from './commands';
import { match, rank, type Command } from './rank';

const command = (title: string, detail = ''): Command => ({ id: title, title, detail, group: '', icon: '', run: () => undefined });
const commands = ['New session', 'Register an MCP server', 'Rename this session', 'Stop the run', 'Dark theme'].map((title) => command(title));
const found = (query: string): string[] => rank(commands, query).map((one) => one.command.title);

it('puts whole words before scattered letters', () => {
  expect(found('session')).toEqual(['New session', 'Rename this session']);
  expect(found('re')[0]).toBe('Register an MCP server');
  expect(found('mcp')[0]).toBe('Register an MCP server');
});

it('finds by initials and skips what lacks a letter', () => {
  expect(found('ns')[0]).toBe('New session');
  expect(found('dt')[0]).toBe('Dark theme');
  expect(found('zzz')).toEqual([]);
});

it('marks the letters that fit', () => {
  expect(match('dt', 'Dark theme')?.hits).toEqual([0, 5]);
  expect(match('the', 'Dark theme')?.hits).toEqual([5, 6, 7]);
});

it('looks into the description when the title does not fit', () => {
  expect(rank([command('Invite a person', 'Send an invitation')], 'send').map((one) => one.command.title)).toEqual(['Invite a person']);
});

it('keeps the order without a query', () => {
  expect(found('')).toEqual(commands.map((one) => one.title));
});

it('leads each verb to the page where it is done, when the person may go there', () => {
  const places = { teams: '/settings/teams', tokens: '/settings/tokens', newSession: '/sessions/new' };
  expect(pageOf('identity.create_team', places)).toBe('/settings/teams');
  expect(pageOf('identity.revoke_token', places)).toBe('/settings/tokens');
  expect(pageOf('sessions.create', places)).toBe('/sessions/new');
  expect(pageOf('audit.export_ledger', places)).toBeUndefined();
  expect(pageOf('sessions.rename', places)).toBeUndefined();
});

it('recognizes chords, single keys and pauses', () => {
  const chords = new Chords(() => new Set(['g s', 'g a', 'j', '?']));
  expect([chords.press('g', 0), chords.press('s', 500)]).toEqual([null, 'g s']);
  expect([chords.press('g', 1000), chords.press('s', 3000)]).toEqual([null, null]);
  expect(chords.press('j', 4000)).toBe('j');
  expect([chords.press('g', 5000), chords.press('j', 5100)]).toEqual([null, 'j']);
  expect([chords.press('g', 6000), chords.press('g', 6100), chords.press('a', 6200)]).toEqual([null, null, 'g a']);
});
