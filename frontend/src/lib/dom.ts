type Child = Node | string | number | null | undefined | false;
type Attributes = Record<string, string | number | boolean | null | undefined | EventListener>;

/**
 * Builds an element. Text is always a text node, so nothing from the wire is parsed as HTML.
 * `on…` keys take listeners; null, undefined and false leave an attribute out.
 */
export function h<K extends keyof HTMLElementTagNameMap>(
  tag: K, attributes: Attributes = {}, ...children: Child[]
): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === 'function') element.addEventListener(name.slice(2), value);
    else if (value !== null && value !== undefined && value !== false) {
      element.setAttribute(name, value === true ? '' : String(value));
    }
  }
  append(element, ...children);
  return element;
}

/** Appends children, skipping empty ones. */
export function append(parent: Node, ...children: Child[]): void {
  for (const child of children) {
    if (child === null || child === undefined || child === false) continue;
    parent.appendChild(child instanceof Node ? child : document.createTextNode(String(child)));
  }
}

const SVG = 'http://www.w3.org/2000/svg';

/** An icon of the sprite. */
export function icon(name: string, classes = ''): SVGSVGElement {
  const svg = document.createElementNS(SVG, 'svg');
  svg.setAttribute('class', `icon ${classes}`.trim());
  svg.setAttribute('aria-hidden', 'true');
  const use = document.createElementNS(SVG, 'use');
  use.setAttribute('href', `${document.documentElement.dataset['icons'] ?? ''}#${name}`);
  svg.appendChild(use);
  return svg;
}

/** Status as color, icon and word; `compact` leaves the word to screen readers. */
export function statusBadge(status: string, word = status, compact = false): HTMLElement {
  const shown = word.charAt(0).toUpperCase() + word.slice(1);
  return h('span', { class: 'status', 'data-status': status, title: compact && shown },
    icon(`status-${status}`, 'icon-status'),
    h('span', { class: compact && 'visually-hidden' }, shown));
}

/** Two letters for a mark: of the first and last word, else the first two of the one. */
export function initials(name: string): string {
  const words = name.trim().split(/\s+/);
  const [first = '', last = ''] = [words[0], words.at(-1)];
  if (words.length > 1) return (first.charAt(0) + last.charAt(0)).toUpperCase();
  return first.charAt(0).toUpperCase() + first.charAt(1).toLowerCase();
}

/** The round mark of a person, or the square one of an agent or of the system. */
export function avatar(name: string, kind = 'user', size = ''): HTMLElement {
  const mark = kind === 'agent' ? icon('logo') : kind === 'system' ? icon('settings') : initials(name);
  return h('span', {
    class: size ? `avatar avatar-${size}` : 'avatar',
    'data-kind': kind,
    'data-letter': name.charAt(0).toLowerCase(),
    'data-second': name.charAt(1).toLowerCase(),
    'aria-hidden': 'true',
  }, mark);
}

/** Makes these the children, in this order; what stays is not moved, so that a new row costs one row. */
export function arrange(parent: HTMLElement, nodes: readonly Node[]): void {
  const wanted = new Set(nodes);
  for (const child of [...parent.childNodes]) if (!wanted.has(child)) child.remove();
  let cursor = parent.firstChild;
  for (const node of nodes) {
    if (cursor === node) cursor = cursor.nextSibling;
    else parent.insertBefore(node, cursor);
  }
}

/** The one element with this selector; a template without it is a mistake worth a loud error. */
export function need<T extends Element = HTMLElement>(root: ParentNode, selector: string): T {
  const found = root.querySelector<T>(selector);
  if (!found) throw new Error(`The page has no ${selector}`);
  return found;
}

/** A slot of the page that an island fills, or null where the template leaves it out. */
export function slot(root: ParentNode, name: string): HTMLElement | null {
  return root.querySelector<HTMLElement>(`[data-slot="${name}"]`);
}
