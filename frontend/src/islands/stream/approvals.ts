import { h, icon } from '../../lib/dom';
import { t } from '../../lib/i18n';
import type { Approval } from './state';
import { dangerBadge, inputNodes, type Actions } from './views';

function verdict(approval: Approval, actions: Actions, to: 'approve' | 'deny'): HTMLElement {
  const approves = to === 'approve';
  const button = h('button', {
    class: `btn btn-sm ${approves ? 'btn-approve' : ''}`, type: 'button',
    'aria-label': approves ? t('Approve {tool}', { tool: approval.tool }) : t('Deny {tool}', { tool: approval.tool }),
    onclick: () => {
      const pair = button.parentElement?.querySelectorAll('button') ?? [];
      for (const one of pair) one.disabled = true;
      button.setAttribute('aria-busy', 'true');
      void actions.decide(approval.id, to).finally(() => {
        for (const one of pair) one.disabled = false;
        button.removeAttribute('aria-busy');
      });
    },
  }, icon(approves ? 'check' : 'x', 'icon-sm'), approves ? t('Approve') : t('Deny'));
  return button;
}

/** What waits for a decision and the two answers to it; inside a tool card the input is already shown. */
export function approvalCard(approval: Approval, actions: Actions, inline = false): HTMLElement {
  const head = h('div', { class: 'approval-head' },
    icon('shield', 'icon-sm'), h('span', { class: 'tool-name' }, approval.tool), dangerBadge(approval.danger));
  return h('article', { class: 'approval', id: inline ? null : `approval-${approval.id}` },
    !inline && head,
    !inline && h('pre', { tabindex: 0, 'aria-label': t('Input') }, ...inputNodes(approval.input)),
    approval.reason && h('p', { class: 'small muted' }, approval.reason),
    actions.canDecide
      ? h('div', { class: 'cluster' }, verdict(approval, actions, 'approve'), verdict(approval, actions, 'deny'))
      : h('p', { class: 'small faint' }, t('An editor or the owner decides.')));
}
