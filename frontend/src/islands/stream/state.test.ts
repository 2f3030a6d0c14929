import { describe, expect, it } from 'vitest';
import type { StreamEvent } from '../../lib/events';
import { addPending, confirmPending, dropPending, mergeApprovals } from './local';
import { OUTPUT_LIMIT } from './reduce-tools';
import { runLine } from './run-status';
import { emptyState, reduce, sessionStatus, type MessageItem, type ToolItem } from './state';

const alice = { kind: 'user', id: 'a', name: 'alice' } as const;
const agent = { kind: 'agent', id: 'g', name: 'embedded' } as const;

/** Numbers the given rows like a stream: seq from 1, a second apart. */
function stream(...rows: [type: string, data?: Record<string, unknown>, run?: string | null][]): StreamEvent[] {
  return rows.map(([type, data = {}, run = 'r1'], i) => ({
    seq: i + 1, type, run, data, at: new Date(Date.UTC(2026, 0, 1, 0, 0, i + 1)).toISOString(),
    actor: data['role'] === 'user' || data['by'] === 'user' ? alice : agent,
  }));
}

const custom = (name: string, data: Record<string, unknown> = {}): [string, Record<string, unknown>] => ['CUSTOM', { name, ...data }];
const after = (...rows: Parameters<typeof stream>) => reduce(emptyState(), stream(...rows));

const PROMPT: [string, Record<string, unknown>][] = [
  ['TEXT_MESSAGE_START', { message_id: 'p1', role: 'user' }],
  ['TEXT_MESSAGE_END', { message_id: 'p1', role: 'user', text: 'list files' }],
];
const CALL: [string, Record<string, unknown>][] = [
  ['TOOL_CALL_START', { tool_call_id: 't1', tool: 'shell' }],
  ['TOOL_CALL_ARGS', { tool_call_id: 't1', args: { command: 'ls' } }],
  ['TOOL_CALL_END', { tool_call_id: 't1' }],
];

describe('messages', () => {
  it('joins deltas and lets the END event have the last word', () => {
    const state = after(
      ['TEXT_MESSAGE_START', { message_id: 'm', role: 'assistant' }],
      ['TEXT_MESSAGE_CONTENT', { message_id: 'm', delta: 'Hel' }],
      ['TEXT_MESSAGE_CONTENT', { message_id: 'm', delta: 'lo' }],
    );
    expect(state.items[0]).toMatchObject({ text: 'Hello', streaming: true, role: 'assistant' });

    const ended = reduce(state, [{ ...stream(['TEXT_MESSAGE_END', { message_id: 'm', text: 'Hello!' }])[0]!, seq: 4 }]);
    expect(ended.items[0]).toMatchObject({ text: 'Hello!', streaming: false });
  });

  it('keeps the whole text when compaction emptied the deltas', () => {
    const state = after(
      ['TEXT_MESSAGE_START', { message_id: 'm', role: 'assistant' }],
      ['TEXT_MESSAGE_CONTENT', {}],
      ['TEXT_MESSAGE_END', { message_id: 'm', text: 'whole' }],
    );
    expect(state.items.map((item) => (item as MessageItem).text)).toEqual(['whole']);
  });

  it('shows erased rows as erased and nothing of their content', () => {
    const state = after(['TEXT_MESSAGE_START', { erased: true }], ['TEXT_MESSAGE_END', { erased: true }]);
    expect(state.items).toHaveLength(1);
    expect(state.items[0]).toMatchObject({ kind: 'note', text: 'Erased on request' });
  });

  it('starts in the middle of a message that began before the page', () => {
    const state = after(['TEXT_MESSAGE_END', { message_id: 'm', text: 'the end' }]);
    expect(state.items[0]).toMatchObject({ kind: 'message', role: 'assistant', text: 'the end' });
  });
});

describe('reduce', () => {
  it('is pure: the state before stays as it was, unchanged items stay the same objects', () => {
    const before = after(...PROMPT);
    const copy = structuredClone(before);
    const next = reduce(before, [{ ...stream(['RUN_STARTED'])[0]!, seq: 3 }]);
    expect(before).toEqual(copy);
    expect(next.items[0]).toBe(before.items[0]);
    expect(next).not.toBe(before);
  });

  it('skips events it has seen, so that a replay changes nothing', () => {
    const events = stream(...PROMPT, ['RUN_STARTED'], ...CALL);
    const once = reduce(emptyState(), events);
    expect(reduce(once, events)).toBe(once);
    expect(reduce(once, events.slice(2))).toBe(once);
  });

  it('gives the same state whether events come one by one or in one page', () => {
    const events = stream(...PROMPT, ['RUN_STARTED'], ...CALL,
      ['TOOL_CALL_RESULT', { tool_call_id: 't1', content: 'a b', status: 'ok', exit_code: 0 }], ['RUN_FINISHED', { outcome: 'success' }]);
    const single = events.reduce((state, event) => reduce(state, [event]), emptyState());
    expect(single).toEqual(reduce(emptyState(), events));
  });

  it('counts unknown events but shows nothing for them', () => {
    const state = after(['SOMETHING_NEW', { a: 1 }], custom('future.thing'));
    expect(state).toMatchObject({ lastSeq: 2, items: [] });
  });

  it('reads the content of a CUSTOM event under value too', () => {
    const state = after(...CALL, ['CUSTOM', { name: 'tool.output', value: { tool_call_id: 't1', delta: 'x' } }]);
    expect(state.items[0]).toMatchObject({ output: 'x' });
  });
});

describe('tool calls', () => {
  it('goes from preparing over running with live output to its result', () => {
    const running = after(['RUN_STARTED'], ...CALL, custom('tool.output', { tool_call_id: 't1', delta: 'a\n' }), custom('tool.output', { tool_call_id: 't1', delta: 'b\n' }));
    expect(running.items[0]).toMatchObject({ status: 'running', output: 'a\nb\n', args: { command: 'ls' } });

    const done = reduce(running, [{ ...stream(['TOOL_CALL_RESULT', {
      tool_call_id: 't1', content: 'a\nb\nc\n', status: 'ok', exit_code: 0, duration_ms: 12, cost_usd: '0.5', danger: 'caution',
    }])[0]!, seq: 99 }]);
    expect(done.items[0]).toMatchObject({ status: 'ok', output: 'a\nb\nc\n', exitCode: 0, durationMs: 12, costUsd: 0.5, danger: 'caution' });
  });

  it('never takes an unknown cost for zero', () => {
    const state = after(...CALL, ['TOOL_CALL_RESULT', { tool_call_id: 't1', content: '', cost_usd: null }]);
    expect((state.items[0] as ToolItem).costUsd).toBeNull();
  });

  it('keeps the end of an output without end', () => {
    const state = after(...CALL, custom('tool.output', { tool_call_id: 't1', delta: 'x'.repeat(OUTPUT_LIMIT) }), custom('tool.output', { tool_call_id: 't1', delta: 'END' }));
    const { output } = state.items[0] as ToolItem;
    expect(output).toHaveLength(OUTPUT_LIMIT);
    expect(output.endsWith('END')).toBe(true);
  });

  it('stops what is still open when its run ends', () => {
    const state = after(['RUN_STARTED'], ...CALL, ['RUN_FINISHED', { outcome: 'cancelled' }]);
    expect(state.items[0]).toMatchObject({ kind: 'tool', status: 'cancelled' });
    expect(state.items[1]).toMatchObject({ kind: 'run', status: 'cancelled', tools: 1 });
  });
});

describe('approvals', () => {
  const asked = [['RUN_STARTED'], ...CALL,
    custom('approval.requested', { approval_id: 'a1', tool_call_id: 't1', tool: 'shell', input: { command: 'ls' }, reason: 'network', danger: 'dangerous' })] as Parameters<typeof stream>;

  it('wait in the card and in the list, and the session waits', () => {
    const state = after(...asked);
    expect(state.items[0]).toMatchObject({ status: 'waiting', approvalId: 'a1', danger: 'dangerous' });
    expect(state.approvals).toMatchObject([{ id: 'a1', toolCallId: 't1', reason: 'network' }]);
    expect(sessionStatus(state)).toBe('waiting');
  });

  it.each([['approved', 'running'], ['denied', 'denied']])('%s leaves the call %s', (status, tool) => {
    const state = after(...asked, custom('approval.decided', { approval_id: 'a1', status, by: 'user' }));
    expect(state.approvals).toEqual([]);
    expect(state.items[0]).toMatchObject({ status: tool });
    expect(state.items[1]).toMatchObject({ kind: 'note', text: `alice ${status} shell` });
    expect(sessionStatus(state)).toBe('running');
  });

  it('vanish with their run', () => {
    expect(after(...asked, ['RUN_ERROR', { message: 'lost' }]).approvals).toEqual([]);
  });

  it('known from the API are merged once', () => {
    const state = after(...asked);
    const older = { ...state.approvals[0]!, id: 'a0' };
    expect(mergeApprovals(state, [older, state.approvals[0]!]).approvals.map((one) => one.id)).toEqual(['a0', 'a1']);
    expect(mergeApprovals(state, [state.approvals[0]!])).toBe(state);
  });
});

describe('runs and the queue', () => {
  it('queues a prompt while a run is active and starts it afterwards', () => {
    const rows: Parameters<typeof stream> = [['RUN_STARTED', {}, 'r1'], ...PROMPT.map(([type, data]) => [type, data, 'r2'] as [string, Record<string, unknown>, string]),
      ['CUSTOM', { name: 'prompt.queued', message_id: 'p1', run_id: 'r2', content: 'list files', by: 'user' }, 'r2']];
    const waiting = after(...rows);
    expect(waiting.queue).toMatchObject([{ messageId: 'p1', runId: 'r2', content: 'list files' }]);
    expect(waiting.items[0]).toMatchObject({ queued: true });
    expect(sessionStatus(waiting)).toBe('running');

    const between = reduce(emptyState(), stream(...rows, ['RUN_FINISHED', { outcome: 'success' }, 'r1']));
    expect(sessionStatus(between)).toBe('queued');

    const started = reduce(emptyState(), stream(...rows, ['RUN_FINISHED', { outcome: 'success' }, 'r1'], ['RUN_STARTED', {}, 'r2']));
    expect(started.queue).toEqual([]);
    expect(started.items.map((item) => item.kind)).toEqual(['run', 'message']);
    expect(started.items[1]).toMatchObject({ id: 'p1', queued: false });
    expect(started.index.get('p1')).toBe(1);
    expect(sessionStatus(started)).toBe('running');
  });

  it('is idle after the last run, and failed runs keep their reason', () => {
    const state = after(['RUN_STARTED'], ['RUN_ERROR', { message: 'The worker died.' }]);
    expect(state.items[0]).toMatchObject({ kind: 'run', status: 'failed', error: 'The worker died.' });
    expect(sessionStatus(state)).toBe('idle');
  });

  it('knows nothing about the status before any run was seen', () => {
    expect(sessionStatus(after(...PROMPT))).toBeNull();
    expect(sessionStatus(after(custom('session.archived')))).toBe('archived');
  });
});

describe('thinking', () => {
  it('gathers without start and end, and ends where anything else begins', () => {
    const state = after(['RUN_STARTED'], ['REASONING_MESSAGE_CONTENT', { delta: 'First ' }], ['REASONING_MESSAGE_CONTENT', { delta: 'look.' }], ...CALL,
      ['REASONING_MESSAGE_CONTENT', { delta: 'Then act.' }]);
    expect(state.items.map((item) => [item.kind, 'text' in item ? item.text : ''])).toEqual([['reasoning', 'First look.'], ['tool', ''], ['reasoning', 'Then act.']]);
    expect(state.items[0]).toMatchObject({ streaming: false });
    expect(state.items[2]).toMatchObject({ streaming: true });
  });
});

describe('what only some sessions have', () => {
  it('shows calls of a contained agent as not brokered', () => {
    const call = { call_id: 'c', tool: 'Edit a.py', input: { path: 'a.py' }, brokered: false };
    const state = after(['RUN_STARTED'], custom('tool.observed', { ...call, status: 'in_progress' }), custom('tool.observed', { ...call, status: 'completed', content: 'done' }));
    expect(state.items).toHaveLength(1);
    expect(state.items[0]).toMatchObject({ kind: 'tool', tool: 'Edit a.py', status: 'ok', output: 'done', brokered: false, durationMs: 1000 });
  });

  it('gives copied messages of a fork back to their authors', () => {
    const copied = { copied_from: 'x', by: 'user' };
    const state = after(
      ['TEXT_MESSAGE_END', { ...copied, message_id: 'm1', role: 'user', author: 'bob', text: 'q' }, null],
      ['TEXT_MESSAGE_END', { ...copied, message_id: 'm2', role: 'assistant', author: '', text: 'a' }, null],
    );
    expect(state.items.map((item) => [item.actor.kind, item.actor.name])).toEqual([['user', 'bob'], ['agent', 'agent']]);
  });

  it('takes the new name from the event and goes on after a continued run', () => {
    expect(after(custom('session.renamed', { value: 'New name' })).name).toBe('New name');
    const state = after(['RUN_STARTED'], custom('run.waiting'), custom('run.continued'));
    expect(sessionStatus(state)).toBe('running');
  });
});

describe('optimistic prompts', () => {
  it('show at once and give way to the event, whichever comes first', () => {
    const shown = addPending(emptyState(), 'k', 'list files', 0);
    const eventFirst = confirmPending(reduce(shown, stream(...PROMPT)), 'k', 'p1');
    const answerFirst = reduce(confirmPending(shown, 'k', 'p1'), stream(...PROMPT));
    expect(shown.pending).toHaveLength(1);
    expect(eventFirst.pending).toEqual([]);
    expect(answerFirst.pending).toEqual([]);
    expect(answerFirst.items).toHaveLength(1);
  });

  it('stay when somebody else writes something else', () => {
    const shown = addPending(emptyState(), 'k', 'mine', 0);
    expect(reduce(shown, stream(...PROMPT)).pending).toHaveLength(1);
  });

  it('are taken back when the server refuses', () => {
    expect(dropPending(addPending(emptyState(), 'k', 'x', 0), 'k').pending).toEqual([]);
  });
});

it('reduces ten thousand events fast enough to stay smooth', () => {
  const rows = Array.from({ length: 2500 }, (_, i) => [
    ['TOOL_CALL_START', { tool_call_id: `t${i}`, tool: 'shell' }], ['TOOL_CALL_ARGS', { tool_call_id: `t${i}`, args: {} }],
    custom('tool.output', { tool_call_id: `t${i}`, delta: 'x\n' }), ['TOOL_CALL_RESULT', { tool_call_id: `t${i}`, content: 'x\n' }],
  ]).flat() as Parameters<typeof stream>;
  const events = stream(...rows);
  const started = performance.now();
  let state = emptyState();
  for (let at = 0; at < events.length; at += 500) state = reduce(state, events.slice(at, at + 500));
  expect(state.items).toHaveLength(2500);
  expect(performance.now() - started).toBeLessThan(10_000);
});

it('says who drives while a run is active', () => {
  const busy = after(...PROMPT, ['RUN_STARTED'], ...CALL);
  const done = after(...PROMPT, ['RUN_STARTED'], ['RUN_FINISHED', { outcome: 'success' }]);

  expect(runLine(busy, Date.UTC(2026, 0, 1, 0, 0, 3))).toBe('alice drives · Working · 1 tool call');
  expect(runLine(after(['RUN_STARTED']), 0)).toBe('Working');
  expect(runLine(done, 0)).toBe('');
});
