import { choose, currentChoice, followTheme, type ThemeChoice } from '../../lib/theme';

/** The three-way switch in the menu; hidden without scripts, when the system alone decides. */
export function mount(element: HTMLElement): () => void {
  const buttons = [...element.querySelectorAll<HTMLButtonElement>('[data-theme-choice]')];
  for (const button of buttons) {
    button.addEventListener('click', () => choose(button.dataset['themeChoice'] as ThemeChoice));
  }
  element.hidden = false;
  return followTheme(() => {
    const choice = currentChoice();
    for (const button of buttons) button.setAttribute('aria-pressed', String(button.dataset['themeChoice'] === choice));
  });
}
