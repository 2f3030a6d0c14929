import { slot } from '../../lib/dom';
import type { StreamEvent } from '../../lib/events';
import { duration } from '../../lib/format';
import { nt, t } from '../../lib/i18n';
import type { ViewState } from './state';

/** What happened, in words for screen readers; "" when it needs none. */
export function spoken(event: StreamEvent): string {
  const name = event.type === 'CUSTOM' ? String(event.data['name']) : event.type;
  if (name === 'RUN_FINISHED') return t('Run finished');
  if (name === 'RUN_ERROR') return t('Run failed');
  if (name === 'approval.requested') return t('A tool call waits for approval');
  return name === 'TEXT_MESSAGE_END' ? t('{who} wrote', { who: event.actor.name }) : '';
}

/** Whose prompt a run answers, as far as the page holds it. */
function driverOf(state: ViewState, run: string): string {
  const prompt = state.items.findLast((item) => item.kind === 'message' && item.role === 'user' && item.run === run);
  return prompt?.actor.name ?? '';
}

/** The line over the prompt box while a run is active. */
export function runLine(state: ViewState, now: number): string {
  const run = state.activeRun ? state.runs.get(state.activeRun) : undefined;
  if (!run) return '';
  const ms = Math.floor((now - run.startedAt) / 1000) * 1000;
  const working = ms > 0 ? t('Working for {span}', { span: duration(ms).replace('.0', '') }) : t('Working');
  const word = run.status === 'waiting' ? t('Waiting for approval') : working;
  const who = driverOf(state, run.id);
  const calls = run.tools > 0 ? nt('{n} tool call', '{n} tool calls', run.tools) : '';
  return [who && t('{who} drives', { who }), word, calls].filter(Boolean).join(' · ');
}

/** Says the last thing worth saying. */
export function announce(root: HTMLElement, events: readonly StreamEvent[]): void {
  const words = events.map(spoken).filter(Boolean).at(-1);
  const announcer = slot(root, 'announcer');
  if (words && announcer) announcer.textContent = words;
}
