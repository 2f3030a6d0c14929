/** Folding the side columns; the choice stays with the browser. */
export function mountColumns(root: HTMLElement): void {
  for (const column of ['list', 'context']) {
    const key = `column-${column}`;
    const opener = root.querySelector<HTMLElement>(`[data-column-show=${column}]`);
    const apply = (open: boolean, focus: boolean): void => {
      root.dataset[column] = open ? 'open' : 'closed';
      if (opener) opener.hidden = open || innerWidth <= 1180;
      localStorage.setItem(key, root.dataset[column]);
      const closer = root.querySelector<HTMLElement>(`[data-column=${column}]`);
      if (focus) (open ? closer : opener)?.focus();
    };
    root.querySelector(`[data-column=${column}]`)?.addEventListener('click', () => apply(false, true));
    opener?.addEventListener('click', () => apply(true, true));
    apply(localStorage.getItem(key) !== 'closed', false);
  }
}
