export type ThemeChoice = 'system' | 'light' | 'dark';

/** The choice in force; "system" when the person never chose. */
export function currentChoice(): ThemeChoice {
  const set = document.documentElement.dataset['theme'];
  return set === 'light' || set === 'dark' ? set : 'system';
}

/** Whether the page is dark now, by choice or by the system. */
export function isDark(): boolean {
  const choice = currentChoice();
  return choice === 'dark' || (choice === 'system' && matchMedia('(prefers-color-scheme: dark)').matches);
}

/** Applies a choice and keeps it in a cookie, so that the server renders the next page right at once. */
export function choose(choice: ThemeChoice): void {
  const root = document.documentElement;
  if (choice === 'system') delete root.dataset['theme'];
  else root.dataset['theme'] = choice;
  const age = choice === 'system' ? 0 : 31536000;
  document.cookie = `theme=${choice}; path=/; max-age=${age}; samesite=lax`;
  document.dispatchEvent(new CustomEvent('theme:changed', { detail: { dark: isDark() } }));
}

/** Calls back now and whenever the page turns dark or light; answers with the way to stop. */
export function followTheme(callback: (dark: boolean) => void): () => void {
  const tell = (): void => callback(isDark());
  const media = matchMedia('(prefers-color-scheme: dark)');
  media.addEventListener('change', tell);
  document.addEventListener('theme:changed', tell);
  tell();
  return () => {
    media.removeEventListener('change', tell);
    document.removeEventListener('theme:changed', tell);
  };
}
