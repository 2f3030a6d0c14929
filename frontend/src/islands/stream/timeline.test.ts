import { expect, it } from 'vitest';
import { emptyState, reduce } from './state';
import { compress, layout, scale } from './timeline';

const MINUTE = 60_000;

it('keeps short times to scale and folds long ones', () => {
  expect(compress(2000)).toBe(2000);
  expect(compress(5000)).toBe(5000);
  expect(compress(8 * 60 * MINUTE)).toBeLessThan(15 * 5000);
  expect(compress(10 * MINUTE)).toBeGreaterThan(compress(9 * MINUTE));
});

it('maps moments from 0 to 1 in order and reports the long pauses', () => {
  const { at, gaps } = scale([0, 1000, 1000 + 60 * MINUTE, 2000 + 60 * MINUTE]);
  const places = [0, 1000, 1000 + 60 * MINUTE, 2000 + 60 * MINUTE].map(at);
  expect(places[0]).toBe(0);
  expect(places[3]).toBe(1);
  expect([...places].sort((a, b) => a - b)).toEqual(places);
  expect(gaps).toHaveLength(1);
  expect(gaps[0]?.ms).toBe(60 * MINUTE);
});

it('survives an empty session and a single moment', () => {
  expect(layout(emptyState(), 5)).toMatchObject({ marks: [], from: 5, to: 5 });
  expect(scale([7]).at(7)).toBe(0);
});

it('gives people, the agent and each tool a lane, in order of appearance', () => {
  const event = (seq: number, type: string, data: Record<string, unknown>, kind: 'user' | 'agent' = 'agent') => ({
    seq, type, run: 'r', data, at: new Date(seq * 1000).toISOString(), actor: { kind, id: kind, name: kind === 'user' ? 'alice' : 'embedded' },
  });
  const state = reduce(emptyState(), [
    event(1, 'TEXT_MESSAGE_START', { message_id: 'p', role: 'user' }, 'user'), event(2, 'RUN_STARTED', {}),
    event(3, 'TOOL_CALL_START', { tool_call_id: 't', tool: 'shell' }), event(5, 'TOOL_CALL_RESULT', { tool_call_id: 't', content: '' }),
    event(6, 'RUN_FINISHED', { outcome: 'success' }),
  ]);
  const { lanes, marks } = layout(state, 9_000);
  expect(lanes.map((lane) => lane.label)).toEqual(['alice', 'embedded', 'shell']);
  expect(marks.map((mark) => [mark.kind, mark.lane])).toEqual([['run', 1], ['message', 0], ['tool', 2]]);
  expect(marks[2]).toMatchObject({ start: 0.4, width: 0.4, ms: 2000, status: 'ok' });
});

it('puts rare tools together when there are too many', () => {
  const events = Array.from({ length: 9 }, (_, i) => ({
    seq: i + 1, type: 'TOOL_CALL_START', run: 'r', at: new Date(i * 1000).toISOString(),
    actor: { kind: 'agent', id: 'g', name: 'g' } as const, data: { tool_call_id: `t${i}`, tool: `tool${i}` },
  }));
  const { lanes } = layout(reduce(emptyState(), events), 9_000);
  expect(lanes.filter((lane) => lane.kind === 'tool').map((lane) => lane.label)).toEqual(['tool0', 'tool1', 'tool2', 'tool3', 'tool4', '…']);
});
