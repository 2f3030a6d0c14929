import './styles/app.scss';
import { enhancePage } from './lib/page';

/** An island takes over an element and answers with the function that lets go of it. */
export type Mount = (element: HTMLElement) => (() => void) | void;

const islands = import.meta.glob<{ mount: Mount }>('./islands/*/index.ts');
const mounted = new Map<HTMLElement, () => void>();

async function mount(element: HTMLElement): Promise<void> {
  const load = islands[`./islands/${element.dataset['island'] ?? ''}/index.ts`];
  if (!load || mounted.has(element)) return;
  mounted.set(element, () => undefined);
  const unmount = (await load()).mount(element);
  element.dataset['mounted'] = '';
  if (unmount && element.isConnected) mounted.set(element, unmount);
  else if (unmount) unmount();
}

function sweep(): void {
  for (const [element, unmount] of mounted) {
    if (element.isConnected) continue;
    mounted.delete(element);
    unmount();
  }
  for (const element of document.querySelectorAll<HTMLElement>('[data-island]')) void mount(element);
}

sweep();
enhancePage(document);
document.addEventListener('htmx:afterSettle', sweep);
