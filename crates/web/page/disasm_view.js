// @ts-check
/** Assembly with what each instruction weighs. */

import { fill } from './dom.js';
import { notice } from './view.js';

/** @type {import('./view.js').View} */
export async function disasmView(host, page) {
  fill(page.tools);
  notice(host, 'No disassembly', 'This build of hotlist does not read machine code. Source shows what each line weighs.');
}
