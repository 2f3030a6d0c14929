export interface Command {
  id: string;
  title: string;
  detail: string;
  group: string;
  icon: string;
  keys?: string;
  run: () => void;
}

export interface Ranked {
  command: Command;
  /** Positions of matched characters in the title. */
  hits: number[];
  score: number;
}

/**
 * Matches a query as a subsequence and scores it: hits at word starts and in a row count more,
 * late first hits less. Returns null when a letter is missing.
 */
export function match(query: string, title: string): { score: number; hits: number[] } | null {
  const wanted = query.toLowerCase().replace(/\s+/g, '');
  const text = title.toLowerCase();
  const exact = text.indexOf(query.toLowerCase().trim());
  if (exact >= 0 && wanted) {
    const hits = Array.from({ length: query.trim().length }, (_, i) => exact + i);
    const atWord = exact === 0 || /\W/.test(text[exact - 1] ?? '');
    return { score: 100 + (atWord ? 40 : 0) + wanted.length - exact * 0.5, hits };
  }
  const hits: number[] = [];
  let score = 0;
  let from = 0;
  for (const letter of wanted) {
    const at = text.indexOf(letter, from);
    if (at < 0) return null;
    const wordStart = at === 0 || /\W/.test(text[at - 1] ?? '');
    score += at === from && from > 0 ? 6 : wordStart ? 8 : 1;
    hits.push(at);
    from = at + 1;
  }
  return { score: score - (hits[0] ?? 0) * 0.5 - text.length * 0.02, hits };
}

/** The commands that fit, best first; without a query all of them in their order. */
export function rank(commands: readonly Command[], query: string, limit = 40): Ranked[] {
  if (!query.trim()) return commands.slice(0, limit).map((command) => ({ command, hits: [], score: 0 }));
  const found = commands.flatMap((command): Ranked[] => {
    const title = match(query, command.title);
    if (title) return [{ command, ...title }];
    const detail = match(query, command.detail);
    return detail && detail.score >= 100 ? [{ command, hits: [], score: detail.score - 80 }] : [];
  });
  return found.sort((a, b) => b.score - a.score).slice(0, limit);
}
