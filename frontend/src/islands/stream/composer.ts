import { ProblemError, type Problem } from '../../lib/api';
import { h, icon, slot } from '../../lib/dom';
import { t } from '../../lib/i18n';
import { Tray } from './tray';

export interface ComposerOptions {
  sessionId: string;
  /** Sends the prompt; rejects with a ProblemError when the server refuses. */
  submit: (content: string, attachments: string[]) => Promise<void>;
  typing: () => void;
}

const TYPING_EVERY_MS = 3000;

function problemBox(problem: Problem): HTMLElement {
  const errors = problem.errors ?? [];
  return h('div', { class: 'problem', role: 'alert' }, icon('danger'),
    h('div', {}, h('strong', {}, problem.title), problem.detail && h('p', {}, problem.detail),
      errors.length > 0 && h('ul', {}, ...errors.map((error) => h('li', {}, error.detail)))));
}

/** The prompt box: Ctrl+Enter sends, a refused prompt comes back with the reason, a draft survives a reload. */
export function mountComposer(form: HTMLFormElement, options: ComposerOptions): void {
  const box = form.querySelector('textarea') as HTMLTextAreaElement;
  const problem = slot(form, 'problem');
  const draft = `draft-${options.sessionId}`;
  const tray = new Tray(form, options.sessionId);
  let lastTyping = 0;
  if (!box.value) box.value = sessionStorage.getItem(draft) ?? '';

  const send = async (): Promise<void> => {
    const content = box.value.trim();
    if (!content) return;
    const attachments = await tray.ids();
    box.value = '';
    sessionStorage.removeItem(draft);
    problem?.replaceChildren();
    form.querySelector(':scope > .problem')?.remove();
    try {
      await options.submit(content, attachments);
      tray.clear();
    } catch (error) {
      // What the person wrote meanwhile stays, below what was refused.
      box.value = box.value ? `${content}\n\n${box.value}` : content;
      sessionStorage.setItem(draft, box.value);
      problem?.replaceChildren(problemBox(error instanceof ProblemError
        ? error.problem : { status: 0, title: t('The prompt was not sent'), detail: String(error) }));
      if (!(error instanceof ProblemError)) throw error;
    }
  };

  form.addEventListener('submit', (event) => {
    event.preventDefault();
    void send();
  });
  box.addEventListener('keydown', (event) => {
    if (event.key !== 'Enter' || !(event.ctrlKey || event.metaKey) || event.isComposing) return;
    event.preventDefault();
    form.requestSubmit();
  });
  box.addEventListener('input', () => {
    problem?.replaceChildren();
    sessionStorage.setItem(draft, box.value);
    if (Date.now() - lastTyping < TYPING_EVERY_MS) return;
    lastTyping = Date.now();
    options.typing();
  });
}
