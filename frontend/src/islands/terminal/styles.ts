/** In the place of a <style> element: what is written into it becomes a sheet of the document. */
function adopted(place: HTMLElement): HTMLElement {
  const sheet = new CSSStyleSheet();
  place.hidden = true;
  document.adoptedStyleSheets = [...document.adoptedStyleSheets, sheet];
  Object.defineProperty(place, 'textContent', {
    get: () => '',
    set: (css: string) => sheet.replaceSync(css),
  });
  place.remove = () => {
    document.adoptedStyleSheets = document.adoptedStyleSheets.filter((one) => one !== sheet);
    Element.prototype.remove.call(place);
  };
  return place;
}

/**
 * The page's document for xterm.js, which writes its colors and sizes into <style> elements: our
 * content security policy takes no inline style, but sheets made by script are none.
 */
export function adoptingDocument(): Document {
  return new Proxy(document, {
    get(target, key) {
      if (key === 'createElement') {
        return (name: string, options?: ElementCreationOptions) =>
          (name === 'style' ? adopted(target.createElement('span')) : target.createElement(name, options));
      }
      const value: unknown = Reflect.get(target, key, target);
      return typeof value === 'function' ? (value.bind(target) as unknown) : value;
    },
  });
}

/** The same while `open` runs: xterm.js 6.0 makes its scroll bar's style in the window's own document. */
export function adoptingStyles(open: () => void): void {
  const create = document.createElement.bind(document);
  document.createElement = ((name: string, options?: ElementCreationOptions) =>
    (name === 'style' ? adopted(create('span')) : create(name, options))) as typeof document.createElement;
  try {
    open();
  } finally {
    Reflect.deleteProperty(document, 'createElement');
  }
}
