import type { Item, ToolItem, ViewState } from './state';

export interface Lane {
  key: string;
  label: string;
  kind: 'user' | 'agent' | 'system' | 'tool';
}

export interface Mark {
  /** The item to show when the mark is chosen. */
  id: string;
  lane: number;
  /** Position and width as shares of the strip, 0 to 1. */
  start: number;
  width: number;
  kind: 'message' | 'tool' | 'run';
  status: string;
  label: string;
  at: number;
  ms: number;
}

export interface Timeline {
  lanes: Lane[];
  marks: Mark[];
  /** Where a long pause was folded: position 0 to 1 and its real length. */
  gaps: { at: number; ms: number }[];
  from: number;
  to: number;
}

const LINEAR_MS = 5_000;
const GAP_MS = 5 * 60_000;
const MOST_ITEMS = 300;
const MOST_TOOL_LANES = 5;

/**
 * The drawn length of a stretch of time without any event: true to scale up to five seconds, then
 * growing with the logarithm, so that a night of waiting does not push the work off the strip.
 */
export function compress(ms: number): number {
  return ms <= LINEAR_MS ? ms : LINEAR_MS * (1 + Math.log(ms / LINEAR_MS));
}

/** A monotone map from real time to 0…1 through the given moments. */
export function scale(moments: number[]): { at: (time: number) => number; gaps: Timeline['gaps'] } {
  const knots = [...new Set(moments)].sort((a, b) => a - b);
  const drawn: number[] = [0];
  for (let i = 1; i < knots.length; i += 1) {
    drawn.push((drawn[i - 1] as number) + compress((knots[i] as number) - (knots[i - 1] as number)));
  }
  const total = drawn.at(-1) || 1;
  const at = new Map(knots.map((knot, i) => [knot, (drawn[i] as number) / total]));
  const gaps = knots.flatMap((knot, i) => {
    const ms = (knots[i + 1] ?? knot) - knot;
    return ms < GAP_MS ? [] : [{ at: ((drawn[i] as number) + (drawn[i + 1] as number)) / 2 / total, ms }];
  });
  return { at: (time) => at.get(time) ?? 1, gaps };
}

function toolLanes(items: Item[]): Map<string, number> {
  const uses = new Map<string, number>();
  for (const item of items) if (item.kind === 'tool') uses.set(item.tool, (uses.get(item.tool) ?? 0) + 1);
  const shown = [...uses].sort((a, b) => b[1] - a[1]).slice(0, MOST_TOOL_LANES).map(([tool]) => tool);
  return new Map(shown.map((tool, i) => [tool, i]));
}

/** Lays out the newest items: one lane per person, one for the agent, one per busy tool. */
export function layout(state: ViewState, now: number): Timeline {
  const items = state.items.filter((item) => item.kind === 'message' || item.kind === 'tool').slice(-MOST_ITEMS);
  const from = items[0]?.at ?? now;
  const runs = [...state.runs.values()].filter((run) => (run.endedAt ?? now) >= from);
  const end = (item: Item): number => (item.kind === 'tool' ? item.endedAt ?? now : item.at);
  const moments = items.flatMap((item) => [item.at, end(item)])
    .concat(runs.flatMap((run) => [Math.max(run.startedAt, from), run.endedAt ?? now]));
  const { at, gaps } = scale(moments);
  const lanes: Lane[] = [];
  const lane = (key: string, label: string, kind: Lane['kind']): number => {
    const found = lanes.findIndex((one) => one.key === key);
    return found >= 0 ? found : lanes.push({ key, label, kind }) - 1;
  };
  for (const item of items) {
    if (item.kind === 'message') lane(`${item.actor.kind}:${item.actor.id}`, item.actor.name, item.actor.kind);
  }
  const agents = lanes.find((one) => one.kind === 'agent');
  const runner = runs.find((run) => run.actor.kind === 'agent')?.actor;
  const agent = lane(agents?.key ?? `agent:${runner?.id ?? ''}`, agents?.label ?? runner?.name ?? 'Agent', 'agent');
  const tools = toolLanes(items);
  const toolLane = (item: ToolItem): number => tools.has(item.tool)
    ? lane(`tool:${item.tool}`, item.tool, 'tool') : lane('tool:', '…', 'tool');
  const span = (start: number, stop: number) => ({ start: at(start), width: Math.max(0, at(stop) - at(start)) });
  const marks: Mark[] = runs.map((run) => ({
    id: '', lane: agent, kind: 'run', status: run.status, label: run.status, at: run.startedAt,
    ms: (run.endedAt ?? now) - run.startedAt, ...span(Math.max(run.startedAt, from), run.endedAt ?? now),
  }));
  for (const item of items) {
    const stop = end(item);
    marks.push(item.kind === 'tool'
      ? { id: item.id, lane: toolLane(item), kind: 'tool', status: item.status, label: item.tool, at: item.at, ms: stop - item.at, ...span(item.at, stop) }
      : { id: item.id, lane: lane(`${item.actor.kind}:${item.actor.id}`, '', 'user'), kind: 'message', status: '', label: item.actor.name, at: item.at, ms: 0, ...span(item.at, stop) });
  }
  return { lanes, marks, gaps, from, to: moments.length > 0 ? Math.max(...moments) : now };
}
