import { send } from '../../lib/api';
import { toastError } from '../../lib/toast';

const MOST = 4000;

/** Sends what is typed in its order: one request at a time, which takes along all that came meanwhile. */
export class Typing {
  private waiting = '';
  private sending = false;

  constructor(
    private readonly path: string,
    private readonly post: (path: string, body: unknown) => Promise<unknown> = send,
  ) {}

  async type(data: string): Promise<void> {
    this.waiting += data;
    if (this.sending) return;
    this.sending = true;
    try {
      while (this.waiting) {
        const part = this.waiting.slice(0, MOST);
        this.waiting = this.waiting.slice(MOST);
        await this.post(`${this.path}/input`, { data: part });
      }
    } catch (error) {
      this.waiting = '';
      toastError(error);
    } finally {
      this.sending = false;
    }
  }
}
