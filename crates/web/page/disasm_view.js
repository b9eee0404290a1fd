// @ts-check
/** Assembly with what each instruction weighs. */

import { Refusal, answerAddress, ask } from './api.js';
import { el, fill } from './dom.js';
import { deltaText, percentText, valueText } from './format.js';
import { chosenPlaces } from './peek_view.js';
import { pickPlace } from './pick.js';
import { address, param } from './state.js';
import { csv, elementHits, keep, notice, waiting, withText } from './view.js';

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
  const chosen = chosenPlaces();
  if (!chosen) return pickPlace(host, page, signal, 'Whose machine code?', (place) => ({ view: 'disasm', changes: { of: place.key } }));
  waiting(host);
  /** @type {Assembly} */
  let answer;
  try {
    answer = await ask('disasm', chosen, signal);
  } catch (error) {
    if (!(error instanceof Refusal) || error.status !== 422) throw error;
    const what = chosen.of ? 'this function' : 'these functions';
    notice(host, `No machine code of ${what}`, 'The binary is not on this machine, has no code there, or is another build than the one that was profiled.',
      el('details', { class: 'why' }, el('summary', {}, 'What was tried'), el('pre', {}, error.message)),
      el('span', {}, 'Details tells the binaries and their build ids: ', el('a', { href: address('details') }, 'Details'), '. ',
        el('code', {}, 'hotlist symbols PROFILE'), ' on the command line tells for each which files were tried.'));
    return;
  }
  const { format, total } = answer.header;
  const text = page.facts.comparison ? deltaText : valueText;
  const routines = [...answer.routines].sort((a, b) => Math.abs(b.cum) - Math.abs(a.cum));
  const shown = routines.slice(0, MOST_ROUTINES);

  /** @param {MachineRoutine} routine @param {boolean} open */
  const section = (routine, open) => {
    const largest = routine.instructions.reduce((most, at) => Math.max(most, Math.abs(at.cum)), 0);
    let before = '';
    const lines = routine.instructions.slice(0, MOST_INSTRUCTIONS).map((at) => {
      const place = at.file ? `${at.file.slice(at.file.lastIndexOf('/') + 1)}:${at.line ?? 0}` : '';
      const shown = place === before ? '' : place;
      before = place;
      return el('tr', { class: at.cum || at.flat ? 'code-line asm hot' : 'code-line asm',
        style: { '--heat': largest === 0 ? 0 : Math.sqrt(Math.abs(at.cum) / largest).toFixed(3) } },
        el('td', { class: 'code-value' }, at.flat ? text(at.flat, format) : ''),
        el('td', { class: 'code-value' }, at.cum ? text(at.cum, format) : ''),
        el('td', { class: 'code-share' }, at.cum ? percentText(at.cum, total) : ''),
        el('td', { class: 'code-address' }, at.address.toString(16)),
        el('td', {}, el('code', {}, at.text)),
        el('td', { class: 'code-place', title: [at.function, at.file].filter(Boolean).join(' ') }, shown));
    });
    const more = routine.instructions.length - MOST_INSTRUCTIONS;
    return el('details', { class: 'routine', open },
      el('summary', {},
        el('h2', { class: 'name' }, routine.name),
        el('span', { class: 'soft' }, `self ${text(routine.flat, format)} (${percentText(routine.flat, total) || '0%'})`),
        el('span', { class: 'soft' }, `total ${text(routine.cum, format)} (${percentText(routine.cum, total) || '0%'})`),
        el('span', { class: 'path' }, [routine.object, routine.inlined?.length ? `holds ${routine.inlined.join(', ')}` : ''].filter(Boolean).join(' · '))),
      el('div', { class: 'code', tabIndex: 0, role: 'region', 'aria-label': `Instructions of ${routine.name}`.slice(0, 200) }, el('table', { class: 'code-table' },
        el('thead', {}, el('tr', {}, ['Self', 'Total', 'Share', 'Address', 'Instruction', 'Line'].map((title) => el('th', { scope: 'col' }, title)))),
        el('tbody', {}, lines))),
      more > 0 && el('p', { class: 'routine-error' }, `${more} more instructions; -disasm on the command line shows them all.`));
  };
  const scroll = el('div', { class: 'scroll', tabIndex: 0, role: 'region', 'aria-label': 'Disassembly' }, shown.map((routine, row) => section(routine, row < 3)),
    routines.length > MOST_ROUTINES && el('p', { class: 'soft' }, `${routines.length - MOST_ROUTINES} more functions match.`));
  fill(host, scroll);
  const search = () => page.hits(param('of') ? (param('q') ? elementHits(withText(scroll, '.code-line', param('q'))) : null) : elementHits([...scroll.querySelectorAll('.routine')]));
  search();
  const asked = answerAddress('disasm', chosen);
  return {
    update: () => {
      const now = chosenPlaces();
      if (!now || answerAddress('disasm', now) !== asked) return false;
      search();
      return true;
    },
    files: () => [
      { label: 'Instructions (CSV)', run: () => keep(csv([['function', 'address', 'flat', 'cum', 'unit', 'instruction', 'file', 'line'],
        ...shown.flatMap((routine) => routine.instructions.map((at) => [routine.name, at.address.toString(16), at.flat, at.cum, format.sample_unit, at.text, at.file ?? '', at.line ?? '']))]), 'disasm.csv', 'text/csv') },
      { label: 'Instructions (JSON)', href: answerAddress('disasm/json', chosen), download: 'disasm.json' },
      { label: 'Text', href: answerAddress('disasm/text', chosen), download: 'disasm.txt' },
    ],
  };
}
