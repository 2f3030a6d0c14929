const FIRST_MS = 400;
const LONGEST_MS = 30_000;

/**
 * Exponential backoff with full jitter: a random wait below the doubled ceiling, so that clients
 * dropped together do not come back together. `attempt` starts at 0.
 */
export function backoff(attempt: number, random: () => number = Math.random): number {
  const ceiling = Math.min(LONGEST_MS, FIRST_MS * 2 ** Math.min(attempt, 16));
  return Math.round(ceiling * (0.25 + 0.75 * random()));
}
