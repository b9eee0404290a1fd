// @ts-check
/** The call graph as a drawing that can be moved and zoomed. */

import { answerAddress } from './api.js';
import { el, fill } from './dom.js';
import { notice } from './view.js';

/** @type {import('./view.js').View} */
export async function graphView(host, page) {
  fill(page.tools);
  notice(host, 'No drawing of the call graph', 'This build of hotlist draws no call graphs. Graphviz can, from this file:',
    el('a', { href: answerAddress('dot/dot'), download: 'graph.dot' }, 'graph.dot'));
}
