// @ts-check
/** Source code with what each line weighs; a click on a line shows its instructions where they are known. */

import { Refusal, answerAddress, ask, askTried } from './api.js';
import { el, fill } from './dom.js';
import { deltaText, percentText, valueText } from './format.js';
import { chosenPlaces } from './peek_view.js';
import { pickPlace } from './pick.js';
import { param } from './state.js';
import { csv, elementHits, keep, waiting, withText } from './view.js';

/** @typedef {import('./api.js').Listing} Listing */
/** @typedef {import('./api.js').Routine} Routine */
/** @typedef {import('./api.js').ListedLine} ListedLine */

const MOST_ROUTINES = 50;
/** Functions that are open at first. */
const OPEN_ROUTINES = 5;

/** @type {import('./view.js').View} */
export async function sourceView(host, page, signal) {
  fill(page.tools);
  const chosen = chosenPlaces();
  if (!chosen) return pickPlace(host, page, signal, 'Whose source?', (place) => ({ view: 'source', changes: { of: place.key } }));
  waiting(host);
  const { answer, report } = await listing(page, chosen, signal);
  const { format, total } = answer.header;
  const text = page.facts.comparison ? deltaText : valueText;
  const routines = [...answer.routines].sort((a, b) => Math.abs(b.cum) - Math.abs(a.cum));
  const shown = routines.slice(0, MOST_ROUTINES);

  /** @param {Routine} routine @param {number} row */
  const section = (routine, row) => {
    const largest = routine.lines.reduce((most, line) => Math.max(most, Math.abs(line.cum), Math.abs(line.flat)), 0);
    const heat = (/** @type {number} */ value) => (largest === 0 ? 0 : Math.sqrt(Math.abs(value) / largest));
    const hottest = routine.lines.reduce((best, line, at) => (Math.abs(line.cum) > Math.abs(routine.lines[best]?.cum ?? 0) ? at : best), 0);
    const missing = routine.file === null ? 'The profile names no source file for this function.' : routine.error;
    const head = el('tr', {}, ['Line', 'Self', 'Total', 'Share', 'Code'].map((title) => el('th', { scope: 'col' }, title)));
    const body = el('tbody', {}, routine.lines.map((line) => lineRow(line, heat(line.cum))));
    const element = el('details', { class: 'routine', open: row < OPEN_ROUTINES, id: `routine-${row}` },
      el('summary', {},
        el('h2', { class: 'name' }, routine.name),
        el('span', { class: 'soft' }, `self ${text(routine.flat, format)} (${percentText(routine.flat, total) || '0%'})`),
        el('span', { class: 'soft' }, `total ${text(routine.cum, format)} (${percentText(routine.cum, total) || '0%'})`),
        routine.file && el('span', { class: 'path' }, routine.found_at ? `${routine.file} (shown: ${routine.found_at})` : routine.file)),
      missing && absence(routine, missing),
      (routine.warnings ?? []).map((warning) => el('p', { class: 'routine-error' }, warning)),
      routine.lines.length === 0
        ? !missing && el('p', { class: 'routine-error' }, 'The file has no such lines.')
        : el('div', { class: 'code', tabIndex: 0, role: 'region', 'aria-label': `Code of ${routine.name}`.slice(0, 200) }, el('table', { class: 'code-table' }, el('thead', {}, head), body)));
    return { routine, element, toHottest: () => {
      element.open = true;
      const line = body.querySelectorAll(':scope > tr.code-line')[hottest];
      document.querySelector('.hit-now')?.classList.remove('hit-now');
      line?.classList.add('hit-now');
      (line ?? element).scrollIntoView({ block: 'center' });
    } };
  };

  /** Whether it was said how to give sources. */
  let isTold = false;
  /** Why there is no source, where it was looked for, and how to give it. @param {Routine} routine @param {string} why */
  const absence = (routine, why) => {
    const box = el('div', { class: 'routine-error' }, el('p', {}, why));
    if (!routine.file) return box;
    const list = el('ul', { class: 'tried' });
    const details = el('details', { class: 'why' }, el('summary', {}, 'Which files were tried'), list);
    details.addEventListener('toggle', async () => {
      if (!details.open || list.childElementCount > 0) return;
      try {
        const { tried } = await askTried(routine.file ?? '', signal);
        fill(list, tried.map((path) => el('li', {}, el('code', {}, path))));
      } catch (error) {
        fill(list, el('li', {}, String(/** @type {Error} */ (error).message)));
      }
    });
    box.append(details);
    if (!isTold) box.append(el('p', {}, 'Start hotlist in the folder of the sources, or name their folder with ', el('code', {}, '-source_path=FOLDER'),
      '. Where the profile has paths of another machine, ', el('code', {}, '-trim_path=PREFIX'), ' takes their beginning off.'));
    isTold = true;
    return box;
  };

  /** @param {ListedLine} line @param {number} heat */
  const lineRow = (line, heat) => {
    const known = line.instructions?.length ?? 0;
    const element = el('tr', {
      class: `code-line${line.cum || line.flat ? ' hot' : ''}${known > 0 ? ' opens' : ''}`, style: { '--heat': heat.toFixed(3) } },
      el('td', { class: 'code-number' }, line.number),
      el('td', { class: 'code-value' }, line.flat ? text(line.flat, format) : ''),
      el('td', { class: 'code-value' }, line.cum ? text(line.cum, format) : ''),
      el('td', { class: 'code-share' }, line.cum ? percentText(line.cum, total) : ''),
      el('td', {}, known > 0 && el('button', { class: 'unfold', type: 'button', 'aria-expanded': 'false', title: 'Show its instructions', 'aria-label': `Instructions of line ${line.number}` }, '▸'), el('code', {}, line.text || ' ')));
    if (known > 0) {
      const button = /** @type {HTMLElement} */ (element.querySelector('button'));
      element.addEventListener('click', () => {
        const rows = [];
        for (let next = element.nextElementSibling; next?.classList.contains('inner'); next = next.nextElementSibling) rows.push(next);
        if (rows.length > 0) rows.forEach((row) => row.remove());
        else element.after(...instructions(line));
        button.setAttribute('aria-expanded', String(rows.length === 0));
      });
    }
    return element;
  };

  /** @param {ListedLine} line */
  const instructions = (line) => (line.instructions ?? []).map((at) => el('tr', { class: 'code-line asm inner' },
    el('td', { class: 'code-address' }, at.address ? at.address.toString(16) : ''),
    el('td', { class: 'code-value' }, at.flat ? text(at.flat, format) : ''),
    el('td', { class: 'code-value' }, at.cum ? text(at.cum, format) : ''),
    el('td', { class: 'code-share' }, at.cum ? percentText(at.cum, total) : ''),
    el('td', {}, el('code', {}, at.text || '(no code for this address)'), ' ',
      el('span', { class: 'code-place' }, (at.calls ?? []).map((call) => call.function).join(' → ')))));

  const more = routines.length - MOST_ROUTINES;
  const sections = shown.map(section);
  const scroll = el('div', { class: 'scroll', tabIndex: 0, role: 'region', 'aria-label': 'Source code' },
    sections.map(({ element }) => element),
    more > 0 && el('p', { class: 'soft' }, `${more} more functions match.`),
    (answer.problems ?? []).length > 0 && el('details', { class: 'why soft' }, el('summary', {}, 'Lines have no instructions here: the machine code was not found'), el('pre', {}, (answer.problems ?? []).join('\n'))));
  // A list of what is here, where it is more than a look can hold.
  const index = sections.length > 1 && el('nav', { class: 'file-list', 'aria-label': 'Functions and files' }, el('ul', { class: 'plain-list' }, sections.map(({ routine, element, toHottest }) => el('li', {},
    el('button', { type: 'button', title: `${routine.name}\n${routine.file ?? ''}`, onclick: () => {
      element.open = true;
      toHottest();
    } }, el('span', { class: 'name' }, routine.name), el('span', { class: 'soft' }, percentText(routine.cum, total) || '0%'),
    el('span', { class: 'path' }, routine.file?.split('/').pop() ?? ''))))));
  fill(host, el('div', { class: index ? 'with-list' : 'without-list' }, index, scroll));
  if (sections.some(({ routine }) => routine.lines.length > 0)) {
    const heaviest = sections.find(({ routine }) => routine.lines.length > 0);
    fill(page.tools, el('button', { class: 'button', type: 'button', title: 'Go to the line that weighs most', onclick: heaviest?.toHottest }, 'Hottest line'));
  }
  // What was typed chooses the functions, or is looked for in those that were pointed at.
  const search = () => page.hits(param('of') ? (param('q') ? elementHits(withText(scroll, '.code-line', param('q'))) : null) : elementHits(sections.map(({ element }) => element)));
  search();
  const asked = answerAddress(report, chosen);
  return {
    update: () => {
      const now = chosenPlaces();
      if (!now || answerAddress(report, now) !== asked) return false;
      search();
      return true;
    },
    files: () => [
      { label: 'Lines (CSV)', run: () => keep(csv([['function', 'file', 'line', 'flat', 'cum', 'unit', 'code'],
        ...shown.flatMap((routine) => routine.lines.map((line) => [routine.name, routine.file ?? '', line.number, line.flat, line.cum, format.sample_unit, line.text]))]), 'source.csv', 'text/csv') },
      { label: 'Listing (JSON)', href: answerAddress(`${report}/json`, chosen), download: 'source.json' },
      { label: 'Text', href: answerAddress('list/text', chosen), download: 'source.txt' },
    ],
  };
}

/**
 * The lines with their instructions where machine code can be read, else the lines.
 * @param {import('./view.js').Page} page
 * @param {Record<string, string>} chosen
 * @param {AbortSignal} signal
 * @returns {Promise<{answer: Listing, report: string}>}
 */
async function listing(page, chosen, signal) {
  if (page.index.reports.some((report) => report.name === 'weblist')) {
    try {
      return { answer: await ask('weblist', chosen, signal), report: 'weblist' };
    } catch (error) {
      if (!(error instanceof Refusal) || error.status === 0) throw error;
    }
  }
  return { answer: await ask('list', chosen, signal), report: 'list' };
}
