import { idempotencyKey, send } from '../../lib/api';
import { toastError } from '../../lib/toast';
import type { Context } from './context';
import { addPending, confirmPending, dropPending } from './local';
import type { SessionStore } from './store';

/** What people do on the page: every write is a POST to a verb, shown at once, taken back when refused. */
export class Verbs {
  constructor(
    private readonly root: HTMLElement,
    private readonly store: SessionStore,
    private readonly context: Context,
    private readonly changed: () => void,
  ) {}

  /** Sends a prompt; the composer shows the refusal. */
  async prompt(content: string, attachments: string[] = []): Promise<void> {
    const { store } = this;
    const key = idempotencyKey();
    store.state = addPending(store.state, key, content, Date.now());
    this.changed();
    try {
      const made = await send<{ id: string }>(`/sessions/${store.id}/messages`, { content, attachments }, { key });
      store.state = confirmPending(store.state, key, made.id);
    } catch (error) {
      store.state = dropPending(store.state, key);
      throw error;
    } finally {
      this.changed();
    }
  }

  /** Approves or denies a waiting call. */
  async decide(approvalId: string, verdict: 'approve' | 'deny'): Promise<void> {
    const { store } = this;
    try {
      await send(`/approvals/${approvalId}/${verdict}`);
      store.state = { ...store.state, approvals: store.state.approvals.filter((one) => one.id !== approvalId) };
      this.changed();
    } catch (error) {
      toastError(error);
    }
  }

  /** Makes a session of its own that ends at this message, and goes there. */
  async fork(messageId: string): Promise<void> {
    try {
      const made = await send<{ id: string }>(`/sessions/${this.store.id}/fork`, { message_id: messageId });
      location.assign(location.pathname.replace(this.store.id, made.id));
    } catch (error) {
      toastError(error);
    }
  }

  /** Carries out a form marked with data-verb: cancel, resume or rename. */
  async submit(form: HTMLFormElement): Promise<void> {
    const button = form.querySelector('button[type=submit]');
    button?.setAttribute('aria-busy', 'true');
    const before = this.root.dataset['state'] ?? 'idle';
    try {
      if (form.dataset['verb'] === 'rename') await this.rename(form);
      else await this.plain(form.dataset['verb'] ?? '');
    } catch (error) {
      this.context.setStatus(before);
      toastError(error);
    } finally {
      button?.removeAttribute('aria-busy');
    }
  }

  private async plain(verb: string): Promise<void> {
    if (verb === 'cancel') this.context.setStatus('idle');
    await send(`/sessions/${this.store.id}/${verb}`);
  }

  private async rename(form: HTMLFormElement): Promise<void> {
    const name = String(new FormData(form).get('name') ?? '').trim();
    const before = document.querySelector('[data-slot=name]')?.textContent ?? '';
    form.closest<HTMLElement>('[popover]')?.hidePopover();
    this.context.setName(name);
    try {
      await send(`/sessions/${this.store.id}`, { name }, { method: 'PATCH' });
    } catch (error) {
      this.context.setName(before);
      throw error;
    }
  }
}
