// @ts-check
/** The table beside the flame graph: what is chosen in one is chosen in the other. */

import { el, fill } from './dom.js';
import { flameView } from './flame_view.js';
import { topView } from './top_view.js';

/** @type {import('./view.js').View} */
export async function bothView(host, page, signal) {
  const table = el('section', { class: 'pane', 'aria-label': 'Table' });
  const flame = el('section', { class: 'pane', 'aria-label': 'Flame graph' });
  fill(host, el('div', { class: 'both' }, table, flame));
  // The search box belongs to both, and leads from hit to hit in the flame graph.
  const quiet = { ...page, tools: el('div'), found: () => {}, hits: () => {} };
  const [left, right] = await Promise.all([topView(table, quiet, signal), flameView(flame, page, signal)]);
  const parts = [left, right];
  return {
    update: () => parts.every((part) => part?.update?.() ?? false),
    key: (key) => (table.contains(document.activeElement) ? left : right)?.key?.(key) ?? false,
    files: () => [...(left?.files?.() ?? []), ...(right?.files?.() ?? [])],
    picture: right?.picture,
    remove: () => parts.forEach((part) => part?.remove?.()),
  };
}
