/**
 * The page's document, whose new <style> elements carry the nonce of its content security policy:
 * xterm.js writes its colors and sizes into such elements and knows no nonce.
 */
export function noncedDocument(): Document {
  const nonce = document.querySelector<HTMLMetaElement>('meta[name=csp-nonce]')?.content ?? '';
  const create = (name: string, options?: ElementCreationOptions): HTMLElement => {
    const made = document.createElement(name, options);
    if (name === 'style') made.nonce = nonce;
    return made;
  };
  return new Proxy(document, {
    get(target, key) {
      if (key === 'createElement') return create;
      const value: unknown = Reflect.get(target, key, target);
      return typeof value === 'function' ? (value.bind(target) as unknown) : value;
    },
  });
}
