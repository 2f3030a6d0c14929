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

/** The arguments to read in full: a lone command as it is, everything else as indented JSON. */
export function pretty(args: unknown): string {
  const value = parsed(args);
  if (value === null || value === undefined) return '';
  if (typeof value !== 'object') return String(value);
  const entries = Object.entries(value as Record<string, unknown>);
  const [first] = entries;
  if (entries.length === 1 && first && typeof first[1] === 'string') return first[1];
  return JSON.stringify(value, null, 2);
}

/** The last lines of a running command. */
export function lastLines(output: string, lines: number): string {
  return output.trimEnd().split('\n').slice(-lines).join('\n');
}
