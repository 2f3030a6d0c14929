const KNOWN_ICONS: [RegExp, string][] = [
  [/^(shell|bash|sh|exec|terminal)$/, 'terminal'],
  [/^(write|edit|patch|create)$/, 'file-edit'],
  [/^(read|cat|open|view)$/, 'file'],
  [/^(grep|search|find|glob)$/, 'search'],
  [/^(list|ls|dir|tree)$/, 'folder'],
  [/^(fetch|http|web|browse|url)$/, 'globe'],
];

/** The sprite symbol for a tool; `server.tool` names are MCP calls. */
export function toolIcon(tool: string): string {
  const words = tool.split(/[^a-zA-Z]+|(?<=[a-z])(?=[A-Z])/).map((word) => word.toLowerCase());
  const known = KNOWN_ICONS.find(([pattern]) => words.some((word) => pattern.test(word)));
  return known?.[1] ?? (tool.includes('.') ? 'plug' : 'wrench');
}

function parsed(args: unknown): unknown {
  if (typeof args !== 'string') return args;
  try {
    return JSON.parse(args) as unknown;
  } catch {
    return args;
  }
}

const TELLING = ['command', 'cmd', 'path', 'file_path', 'pattern', 'query', 'url'];

/** One line that tells what the call is about: the command, the path, or the arguments. */
export function brief(args: unknown): string {
  const value = parsed(args);
  if (value === null || value === undefined) return '';
  if (typeof value !== 'object') return String(value);
  const record = value as Record<string, unknown>;
  const telling = TELLING.map((key) => record[key]).find((one) => typeof one === 'string' && one !== '');
  const line = (telling as string | undefined) ?? JSON.stringify(value);
  return line === '{}' ? '' : line.split('\n', 1)[0]!.slice(0, 200);
}

/** The arguments to read in full: a lone command as it is, plain fields line by line, else JSON. */
export function pretty(args: unknown): string {
  const value = parsed(args);
  if (value === null || value === undefined) return '';
  if (typeof value !== 'object') return String(value);
  const entries = Object.entries(value as Record<string, unknown>);
  const [first] = entries;
  if (entries.length === 1 && first && typeof first[1] === 'string') return first[1];
  if (entries.some(([, one]) => typeof one === 'object')) return JSON.stringify(value, null, 2);
  return entries.map(([key, one]) => `${key}:${String(one).includes('\n') ? '\n' : ' '}${String(one)}`).join('\n');
}

/** A line of a change: kept, taken out or put in. */
export interface DiffLine {
  sign: ' ' | '-' | '+';
  text: string;
}

/** What an edit changes, line by line; null when the call is no edit. */
export function editOf(args: unknown): DiffLine[] | null {
  const value = parsed(args);
  if (typeof value !== 'object' || value === null) return null;
  const { old, new: fresh } = value as Record<string, unknown>;
  if (typeof old !== 'string' || typeof fresh !== 'string') return null;
  const [before, after] = [old.split('\n'), fresh.split('\n')];
  const most = Math.min(before.length, after.length);
  let head = 0;
  while (head < most && before[head] === after[head]) head += 1;
  let tail = 0;
  while (tail < most - head && before.at(-1 - tail) === after.at(-1 - tail)) tail += 1;
  const lines = (from: string[], sign: DiffLine['sign'], start: number, end: number): DiffLine[] =>
    from.slice(start, end).map((text) => ({ sign, text }));
  return [
    ...lines(before, ' ', 0, head),
    ...lines(before, '-', head, before.length - tail),
    ...lines(after, '+', head, after.length - tail),
    ...lines(before, ' ', before.length - tail, before.length),
  ];
}

/** The last lines of a running command. */
export function lastLines(output: string, lines: number): string {
  return output.trimEnd().split('\n').slice(-lines).join('\n');
}
