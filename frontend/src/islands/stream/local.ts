import type { Approval, Pending, ViewState } from './state';

/** Shows a prompt at once, before the server knows it. */
export function addPending(state: ViewState, key: string, content: string, at: number): ViewState {
  const pending: Pending = { key, content, at, messageId: null };
  return { ...state, pending: [...state.pending, pending] };
}

/** The server took the prompt: its event, already here or still to come, replaces the shown one. */
export function confirmPending(state: ViewState, key: string, messageId: string): ViewState {
  const here = state.index.has(messageId);
  return {
    ...state,
    pending: state.pending.flatMap((one) => (one.key !== key ? [one] : here ? [] : [{ ...one, messageId }])),
  };
}

/** The server refused the prompt: it leaves the conversation and its text goes back to the box. */
export function dropPending(state: ViewState, key: string): ViewState {
  return { ...state, pending: state.pending.filter((one) => one.key !== key) };
}

/** Adds approvals that were asked for before the first event the page holds. */
export function mergeApprovals(state: ViewState, known: readonly Approval[]): ViewState {
  const here = new Set(state.approvals.map((approval) => approval.id));
  const older = known.filter((approval) => !here.has(approval.id));
  return older.length === 0 ? state : { ...state, approvals: [...older, ...state.approvals] };
}
