import type { Reducer } from './items';
import { messages } from './reduce-messages';
import { runs } from './reduce-runs';
import { tools } from './reduce-tools';

/** What each event type does to the view; types that are not here change nothing. */
export const reducers: Record<string, Reducer> = { ...messages, ...tools, ...runs };
