import { upload } from '../../lib/api';
import { h, icon, slot } from '../../lib/dom';
import { fileSize } from '../../lib/format';
import { t } from '../../lib/i18n';
import { toastError } from '../../lib/toast';

/** A file given to a prompt, as the API tells it. */
export interface Attached {
  id: string;
  name: string;
  path: string;
  media_type: string;
  size: number;
}

const PICTURES = new Set(['image/png', 'image/jpeg', 'image/gif', 'image/webp']);

/** A link to the file; pictures of plain kinds are shown, which the server vouches for. */
export function attachedLink(sessionId: string, file: Attached): HTMLElement {
  const href = `/api/v1/sessions/${sessionId}/attachments/${file.id}`;
  const picture = PICTURES.has(file.media_type);
  return h('a', { href, title: file.path || file.name, download: !picture },
    picture ? h('img', { src: href, alt: '', loading: 'lazy', decoding: 'async' }) : icon('file'),
    h('span', { class: 'truncate' }, file.name), h('span', { class: 'faint num' }, fileSize(file.size)));
}

/** The files beside a prompt that is being written: chosen, dropped or pasted, uploaded at once. */
export class Tray {
  private readonly list: HTMLElement | null;
  private readonly files = new Map<HTMLElement, Attached>();
  private readonly coming = new Set<Promise<void>>();

  constructor(private readonly form: HTMLFormElement, private readonly sessionId: string) {
    this.list = slot(form, 'attachments');
    const chooser = form.querySelector<HTMLInputElement>('[data-slot=attach]');
    chooser?.addEventListener('change', () => {
      this.take(chooser.files);
      chooser.value = '';
    });
    form.addEventListener('paste', (event) => {
      const files = event.clipboardData?.files;
      if (!files?.length) return;
      event.preventDefault();
      this.take(files);
    });
    this.wireDrops();
  }

  /** Waits for what is still on its way; the ids of everything that arrived. */
  async ids(): Promise<string[]> {
    await Promise.all(this.coming);
    return [...this.files.values()].map((file) => file.id);
  }

  /** The prompt was sent with them. */
  clear(): void {
    for (const row of this.files.keys()) row.remove();
    this.files.clear();
    this.show();
  }

  private wireDrops(): void {
    const carries = (event: DragEvent): boolean => !!event.dataTransfer?.types.includes('Files');
    this.form.addEventListener('dragover', (event) => {
      if (!carries(event)) return;
      event.preventDefault();
      this.form.toggleAttribute('data-dropping', true);
    });
    this.form.addEventListener('dragleave', (event) => {
      if (!this.form.contains(event.relatedTarget as Node | null)) this.form.removeAttribute('data-dropping');
    });
    this.form.addEventListener('drop', (event) => {
      if (!carries(event)) return;
      event.preventDefault();
      this.form.removeAttribute('data-dropping');
      this.take(event.dataTransfer?.files ?? null);
    });
  }

  private take(files: FileList | null): void {
    for (const file of files ?? []) {
      const upload = this.upload(file).finally(() => this.coming.delete(upload));
      this.coming.add(upload);
    }
  }

  private async upload(file: File): Promise<void> {
    const row = h('li', { 'aria-busy': 'true' }, icon('upload'), h('span', { class: 'truncate' }, file.name),
      h('span', { class: 'faint num' }, fileSize(file.size)));
    this.list?.append(row);
    this.show();
    try {
      const name = encodeURIComponent(file.name || 'pasted');
      const made = await upload<Attached>(`/sessions/${this.sessionId}/attachments?name=${name}`, file);
      this.files.set(row, made);
      row.removeAttribute('aria-busy');
      row.replaceChildren(attachedLink(this.sessionId, made), this.remover(row, made.name));
    } catch (error) {
      row.remove();
      toastError(error);
    }
    this.show();
  }

  private remover(row: HTMLElement, name: string): HTMLElement {
    const label = t('Leave out {name}', { name });
    return h('button', { class: 'btn btn-ghost btn-icon btn-sm', type: 'button', 'aria-label': label, title: label,
      onclick: () => {
        this.files.delete(row);
        row.remove();
        this.show();
      } }, icon('x', 'icon-sm'));
  }

  private show(): void {
    if (this.list) this.list.hidden = this.list.childElementCount === 0;
  }
}
