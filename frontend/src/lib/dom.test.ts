import { expect, test } from 'vitest';
import { initials } from './dom';

test.each([
  ['Alice Moreau', 'AM'], ['bob', 'Bo'], ['Ada King Lovelace', 'AL'], [' x ', 'X'], ['', ''],
])('%j is marked %j', (name, mark) => {
  expect(initials(name)).toBe(mark);
});
