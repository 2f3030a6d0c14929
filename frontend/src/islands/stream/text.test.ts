import { describe, expect, it } from 'vitest';
import { safeHref } from './markdown';
import { brief, editOf, lastLines, pretty, toolIcon } from './tooltext';

describe('safeHref', () => {
  it.each(['https://a.org/x', 'http://a.org', 'mailto:a@b.org', '/sessions/1', '#top'])('follows %s', (href) => {
    expect(safeHref(href)).toBe(href);
  });

  it.each(['javascript:alert(1)', ' JaVaScRiPt:alert(1)', 'data:text/html,x', '//evil.org', '/\\evil.org', 'vbscript:x', 'file:///etc/passwd', ''])('refuses %s', (href) => {
    expect(safeHref(href)).toBeNull();
  });
});

describe('brief', () => {
  it.each([
    [{ command: 'ls -la\nrm x' }, 'ls -la'],
    ['{"path":"a.txt","content":"x"}', 'a.txt'],
    [{ n: 1 }, '{"n":1}'],
    [{}, ''],
    [null, ''],
    ['plain words', 'plain words'],
  ])('%j reads %j', (args, line) => {
    expect(brief(args)).toBe(line);
  });
});

it('shows a lone argument bare, plain ones by line, and others as JSON', () => {
  expect(pretty({ command: 'ls' })).toBe('ls');
  expect(pretty('{"a":1,"path":"x"}')).toBe('a: 1\npath: x');
  expect(pretty({ path: 'x', content: 'one\ntwo' })).toBe('path: x\ncontent:\none\ntwo');
  expect(pretty({ a: [1] })).toBe('{\n  "a": [\n    1\n  ]\n}');
  expect(pretty(undefined)).toBe('');
});

it('shows an edit by its changed lines', () => {
  const shown = (old: string, fresh: string) =>
    editOf({ path: 'x', old, new: fresh })?.map((line) => line.sign + line.text);

  expect(shown('a\nb\nc', 'a\nB\nc')).toEqual([' a', '-b', '+B', ' c']);
  expect(shown('a', 'a\nb')).toEqual([' a', '+b']);
  expect(shown('a\na', 'a')).toEqual([' a', '-a']);
  expect(editOf({ command: 'ls' })).toBeNull();
});

it('keeps the last lines', () => {
  expect(lastLines('a\nb\nc\n', 2)).toBe('b\nc');
});

it.each([['shell', 'terminal'], ['write', 'file-edit'], ['read', 'file'], ['grep', 'search'], ['git.log', 'plug'], ['readFile', 'file'], ['fs.read_file', 'file'], ['frobnicate', 'wrench']])('%s has the icon %s', (tool, symbol) => {
  expect(toolIcon(tool)).toBe(symbol);
});
