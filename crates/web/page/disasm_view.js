// @ts-check
/** Assembly with what each instruction weighs. */

import { ask } from './api.js';
import { patternOf } from './actions.js';
import { el, fill } from './dom.js';
import { deltaText, percentText, valueText } from './format.js';
import { pickPlace } from './pick.js';
import { go, param } from './state.js';
import { notice, waiting } from './view.js';

/** @typedef {{address: number, flat: number, cum: number, text: string, function?: string, file?: string, line?: number}} Instruction */
/**
 * @typedef {{name: string, also?: string[], inlined?: string[], object: string, flat: number, cum: number,
 *   instructions: Instruction[]}} MachineRoutine
 */
/** @typedef {{header: import('./api.js').Header, routines: MachineRoutine[]}} Assembly */

const MOST_ROUTINES = 20;
/** Functions can have tens of thousands of instructions; these are shown around those with a weight. */
const MOST_INSTRUCTIONS = 3000;

/** @type {import('./view.js').View} */
export async function disasmView(host, page, signal) {
  fill(page.tools);
  if (!page.index.reports.some((report) => report.name === 'disasm')) {
    notice(host, 'No disassembly', 'This build of hotlist does not read machine code. Source shows what each line weighs.');
    return;
  }
  const q = param('q') || param('f');
  if (!q) return pickPlace(host, page, signal, 'Whose machine code?', (place) => go('disasm', { q: patternOf(place) }));
  waiting(host);
  const answer = /** @type {Assembly} */ (await ask('disasm', { q }, signal));
  const { format, total } = answer.header;
  const text = page.facts.comparison ? deltaText : valueText;
  const routines = [...answer.routines].sort((a, b) => Math.abs(b.cum) - Math.abs(a.cum));

  /** @param {MachineRoutine} routine @param {boolean} open */
  const section = (routine, open) => {
    const largest = routine.instructions.reduce((most, at) => Math.max(most, Math.abs(at.cum)), 0);
    let before = '';
    const lines = routine.instructions.slice(0, MOST_INSTRUCTIONS).map((at) => {
      const place = at.file ? `${at.file.slice(at.file.lastIndexOf('/') + 1)}:${at.line ?? 0}` : '';
      const shown = place === before ? '' : place;
      before = place;
      return el('div', { class: at.cum || at.flat ? 'code-line asm hot' : 'code-line asm', role: 'row',
        style: { '--heat': largest === 0 ? 0 : Math.sqrt(Math.abs(at.cum) / largest).toFixed(3) } },
        el('span', { class: 'code-value' }, at.flat ? text(at.flat, format) : ''),
        el('span', { class: 'code-value' }, at.cum ? text(at.cum, format) : ''),
        el('span', { class: 'code-share' }, at.cum ? percentText(at.cum, total) : ''),
        el('span', { class: 'code-address' }, at.address.toString(16)),
        el('code', {}, at.text),
        el('span', { class: 'code-place', title: [at.function, at.file].filter(Boolean).join(' ') }, shown));
    });
    const more = routine.instructions.length - MOST_INSTRUCTIONS;
    return el('details', { class: 'routine', open },
      el('summary', {},
        el('span', { class: 'name' }, routine.name),
        el('span', { class: 'soft' }, `self ${text(routine.flat, format)} (${percentText(routine.flat, total) || '0%'})`),
        el('span', { class: 'soft' }, `total ${text(routine.cum, format)} (${percentText(routine.cum, total) || '0%'})`),
        el('span', { class: 'path' }, [routine.object, routine.inlined?.length ? `holds ${routine.inlined.join(', ')}` : ''].filter(Boolean).join(' · '))),
      el('div', { class: 'code', role: 'table' }, lines),
      more > 0 && el('p', { class: 'routine-error' }, `${more} more instructions; -disasm on the command line shows them all.`));
  };
  fill(host, el('div', { class: 'scroll' }, routines.slice(0, MOST_ROUTINES).map((routine, row) => section(routine, row < 3)),
    routines.length > MOST_ROUTINES && el('p', { class: 'soft' }, `${routines.length - MOST_ROUTINES} more functions match.`)));
}
