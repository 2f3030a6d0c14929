import MarkdownIt, { type Token } from 'markdown-it';
import { h } from '../../lib/dom';

const parser = new MarkdownIt({ html: false, linkify: false, breaks: true });

/** Only addresses a click may safely follow; everything else is shown as plain text. */
export function safeHref(href: string): string | null {
  return /^(https?:\/\/|mailto:|\/(?![/\\])|#)/i.test(href.trim()) ? href.trim() : null;
}

const PLAIN = new Set([
  'p', 'h1', 'h2', 'h3', 'h4', 'h5', 'h6', 'ul', 'ol', 'li', 'blockquote', 'strong', 'em', 's',
  'table', 'thead', 'tbody', 'tr', 'th', 'td', 'hr', 'br',
]);

function opened(token: Token): HTMLElement | null {
  if (token.tag === 'a') {
    const href = safeHref(String(token.attrGet('href') ?? ''));
    return href ? h('a', { href, rel: 'noopener noreferrer nofollow', target: '_blank' }) : h('span');
  }
  if (!PLAIN.has(token.tag)) return null;
  const element = document.createElement(token.tag);
  if (token.tag === 'ol') {
    const start = token.attrGet('start');
    if (start) element.setAttribute('start', String(start));
  }
  return element;
}

function leaf(token: Token): Node | null {
  switch (token.type) {
    case 'text': return document.createTextNode(token.content);
    case 'code_inline': return h('code', {}, token.content);
    case 'code_block':
    case 'fence': {
      const language = token.info.trim().split(/\s+/)[0] ?? '';
      return h('pre', { tabindex: 0, 'data-language': language || null }, h('code', {}, token.content));
    }
    case 'softbreak':
    case 'hardbreak': return h('br');
    case 'hr': return h('hr');
    // Pictures from the wire would call out to other hosts; their description stands in.
    case 'image': return document.createTextNode(token.content);
    default: return token.content ? document.createTextNode(token.content) : null;
  }
}

function build(tokens: readonly Token[], root: Node): void {
  const stack: Node[] = [root];
  for (const token of tokens) {
    const parent = stack.at(-1) as Node;
    if (token.type === 'inline') build(token.children ?? [], parent);
    else if (token.nesting === 1) {
      if (token.hidden) { stack.push(parent); continue; }
      const element = opened(token) ?? h('div');
      parent.appendChild(token.tag === 'table' ? h('div', { class: 'table-scroll', tabindex: 0 }, element) : element);
      stack.push(element);
    } else if (token.nesting === -1) stack.pop();
    else {
      const node = leaf(token);
      if (node) parent.appendChild(node);
    }
  }
}

/**
 * Markdown as DOM nodes. Nothing is ever parsed as HTML: the parser yields tokens and each becomes
 * an element of a fixed list or a text node, so hostile text stays text.
 */
export function markdown(source: string): DocumentFragment {
  const fragment = document.createDocumentFragment();
  build(parser.parse(source, {}), fragment);
  return fragment;
}
