import { append, h, icon } from '../../lib/dom';
import { t } from '../../lib/i18n';
import type { Ending, Link } from '../../lib/ws';

const QUIET_MS = 1500;

const ENDINGS: Record<Ending, () => [string, string]> = {
  'signed-out': () => [t('You were signed out.'), t('Sign in again')],
  'access-gone': () => [t('Your access to this session was withdrawn.'), t('Back to the sessions')],
  deleted: () => [t('This session was deleted.'), t('Back to the sessions')],
};

/** One line above the conversation, only while something is worth saying: a short cut in the line is not. */
export class ConnectionBar {
  private timer: ReturnType<typeof setTimeout> | undefined;

  constructor(private readonly bar: HTMLElement | null) {}

  show(link: Link, ending?: Ending): void {
    clearTimeout(this.timer);
    if (link === 'live') return this.hide();
    if (link === 'ended' && ending) return this.end(ending);
    if (link === 'polling') return this.say('run', 'info', t('Live updates come a little later: the direct connection does not get through.'));
    if (link === 'offline') return this.say('bad', 'alert', t('The server cannot be reached. Trying again.'));
    this.timer = setTimeout(() => this.say('wait', 'resume', t('Reconnecting. Nothing is lost.')), QUIET_MS);
  }

  private hide(): void {
    if (this.bar) this.bar.hidden = true;
  }

  private say(tone: string, symbol: string, text: string, ...more: Node[]): void {
    if (!this.bar) return;
    this.bar.hidden = false;
    this.bar.dataset['tone'] = tone;
    this.bar.replaceChildren(icon(symbol, 'icon-sm'), h('span', {}, text));
    append(this.bar, ...more);
  }

  private end(ending: Ending): void {
    const [text, label] = ENDINGS[ending]();
    const href = ending === 'signed-out' ? location.href : '/';
    this.say('bad', 'lock', text, h('a', { href }, label));
  }
}
