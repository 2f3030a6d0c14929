import { expect, it } from 'vitest';
import { Typing } from './typing';

it('keeps the order and gathers what is typed while a request is under way', async () => {
  const sent: string[] = [];
  const waiting: (() => void)[] = [];
  const typing = new Typing('/t', (_path, body) => {
    sent.push((body as { data: string }).data);
    return new Promise((resolve) => waiting.push(() => resolve(undefined)));
  });

  const done = typing.type('a');
  void typing.type('b');
  void typing.type('c'.repeat(5000));
  for (let turn = 0; turn < 3; turn += 1) {
    waiting.shift()?.();
    await new Promise((resolve) => setTimeout(resolve));
  }
  await done;

  expect(sent.map((part) => part.length)).toEqual([1, 4000, 1001]);
  expect(sent.join('')).toBe(`ab${'c'.repeat(5000)}`);
});
