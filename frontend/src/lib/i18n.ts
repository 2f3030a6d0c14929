type Catalog = Record<string, string | string[]>;

let catalog: Catalog = {};
let pluralIndex = (n: number): number => (n === 1 ? 0 : 1);

/** Installs a Django JSON catalog; until then every text stands as written. */
export function setCatalog(next: Catalog, plural?: (n: number) => number): void {
  catalog = next;
  if (plural) pluralIndex = plural;
}

function fill(text: string, values: Record<string, string | number>): string {
  return text.replace(/\{(\w+)\}/g, (whole, name: string) => String(values[name] ?? whole));
}

/** The text in the reader's language, with {names} filled in. */
export function t(text: string, values: Record<string, string | number> = {}): string {
  const found = catalog[text];
  return fill(typeof found === 'string' ? found : text, values);
}

/** The singular or plural text for n, as gettext decides. */
export function nt(one: string, many: string, n: number): string {
  const found = catalog[one];
  const forms = Array.isArray(found) ? found : [one, many];
  return fill(forms[pluralIndex(n)] ?? many, { n });
}
