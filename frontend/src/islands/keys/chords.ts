const PAUSE_MS = 900;

/** Recognizes single keys and two-key jumps such as "g s"; a pause starts over. */
export class Chords {
  private first = '';
  private at = 0;

  /** The chords this page knows, such as "g s", "c" or "?". */
  constructor(private readonly known: () => ReadonlySet<string>) {}

  /** The chord completed by this key, or null while there is none. */
  press(key: string, now: number): string | null {
    const known = this.known();
    const pair = this.first && now - this.at <= PAUSE_MS ? `${this.first} ${key}` : '';
    this.first = '';
    if (pair && known.has(pair)) return pair;
    if ([...known].some((chord) => chord.startsWith(`${key} `))) {
      this.first = key;
      this.at = now;
      return null;
    }
    return known.has(key) ? key : null;
  }
}
