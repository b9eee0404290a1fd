// @ts-check
/** The table of all places: sorted by a click on a heading, filtered by the search box, drawn only where it is seen. */

import { ask } from './api.js';
import { actOnKey, actionMenu } from './actions.js';
import { groupColour } from './colour.js';
import { el, fill } from './dom.js';
import { changeText, countText, deltaText, percentText, valueText } from './format.js';
import { openMenu } from './menu.js';
import { searchText } from './search.js';
import { go, param, state } from './state.js';
import { isDark, onTheme } from './theme.js';
import { notice, waiting } from './view.js';

/** @typedef {import('./api.js').Table} Table */
/** @typedef {import('./api.js').TableRow} TableRow */

const ROW = 28;
/** Places of the first answer; the others come when they are wanted. */
const FIRST_ROWS = '5000';

/** A row with both sides of a comparison. @typedef {TableRow & {before: number, after: number}} Row */

/**
 * @typedef {object} Column
 * @property {string} key
 * @property {string} title
 * @property {string} help
 * @property {(row: Row) => number | string} rank
 */

/** @type {Column[]} */
const COLUMNS = [
  { key: 'flat', title: 'Self', help: 'Own weight', rank: (row) => Math.abs(row.flat) },
  { key: 'cum', title: 'Total', help: 'Weight with callees', rank: (row) => Math.abs(row.cum) },
  { key: 'name', title: 'Place', help: 'Function, file, line or address', rank: (row) => row.place.label.toLowerCase() },
];

/** @type {Column[]} */
const COMPARISON = [
  { key: 'before', title: 'Before', help: 'Weight with callees in the base', rank: (row) => row.before },
  { key: 'after', title: 'After', help: 'Weight with callees in the profile', rank: (row) => row.after },
  { key: 'change', title: 'Change', help: 'How much of the base that is', rank: (row) => Math.abs(Math.log((row.after + 1) / (row.before + 1))) },
];

/** @type {import('./view.js').View} */
export async function topView(host, page, signal) {
  waiting(host);
  fill(page.tools);
  let limit = param('n') || FIRST_ROWS;
  let asked = 'nothing yet';
  /** @type {Table | null} */
  let table = null;
  /** @type {Row[]} */
  let rows = [];
  /** @type {Row[]} */
  let shown = [];
  let largest = 1;
  let chosen = 0;
  const comparison = page.facts.comparison;
  const columns = comparison ? [...COLUMNS.slice(0, 2), ...COMPARISON, COLUMNS[2]] : COLUMNS;

  const head = el('div', { class: 'table-head', role: 'row' });
  const body = el('div', { class: 'table-body' });
  const scroller = el('div', { class: 'table-scroller', tabIndex: 0, role: 'grid', 'aria-label': 'Places by weight' }, body);
  const foot = el('div', { class: 'table-foot' });
  const box = el('div', { class: comparison ? 'table comparison' : 'table' }, head, scroller, foot);

  const question = () => {
    const params = new URLSearchParams(state().params);
    ['q', 'order', 'zoom', 'flip', 'pivot', 'p', 'sort'].forEach((name) => params.delete(name));
    return `${params} ${limit}`;
  };

  async function load() {
    asked = question();
    const nf = param('nf') || '0';
    const sort = param('sort') || 'flat';
    const [whole, before, after] = await Promise.all([
      ask('top', { n: limit, nf, sort }, signal),
      comparison && !param('tf') ? ask('top', { n: '-2', nf: '0', tf: 'pprof::base=^true$' }, signal) : null,
      comparison && !param('ti') ? ask('top', { n: '-2', nf: '0', ti: 'pprof::base=^true$' }, signal) : null,
    ]);
    table = /** @type {Table} */ (whole);
    /** @param {any} side @param {number} sign */
    const sums = (side, sign) => new Map(/** @type {TableRow[]} */ (side?.rows ?? []).map((row) => [row.place.label, sign * row.cum]));
    const [was, is] = [sums(before, -1), sums(after, 1)];
    rows = table.rows.map((row) => ({ ...row, before: was.get(row.place.label) ?? 0, after: is.get(row.place.label) ?? 0 }));
    largest = rows.reduce((most, row) => Math.max(most, Math.abs(row.cum), Math.abs(row.flat)), 1);
  }

  function order() {
    const [key, down] = (param('order') || `${param('sort') || 'flat'}-`).match(/^(\w+)(-?)$/)?.slice(1) ?? ['flat', '-'];
    const column = columns.find((column) => column.key === key) ?? columns[0];
    return { column, sign: down ? -1 : 1 };
  }

  function arrange() {
    const { column, sign } = order();
    const rank = new Map(rows.map((row) => [row, column.rank(row)]));
    shown = labels ? rows.filter((row) => labels?.has(row.place.label)) : [...rows];
    shown.sort((a, b) => {
      const [x, y] = [rank.get(a) ?? 0, rank.get(b) ?? 0];
      return sign * (x < y ? -1 : x > y ? 1 : 0);
    });
    fill(head, columns.map((col) => el('button', {
      class: `cell cell-${col.key}`, role: 'columnheader', type: 'button', title: `${col.help}; click to sort`,
      'aria-sort': col !== column ? 'none' : sign < 0 ? 'descending' : 'ascending',
      onclick: () => go('top', { order: col === column && sign < 0 ? col.key : `${col.key}-` }, { replace: true }),
    }, col.title, el('span', { class: 'sort-mark' }, col !== column ? '' : sign < 0 ? '↓' : '↑'))));
    body.style.height = `${shown.length * ROW}px`;
    const missing = table ? table.showing.original_nodes - rows.length : 0;
    fill(foot, labels ? `${countText(shown.length)} of ${countText(rows.length)} places` : `${countText(rows.length)} places`,
      missing > 0 && !param('n') && el('button', { class: 'link', type: 'button', onclick: () => {
        limit = '-2';
        refresh();
      } }, `${countText(missing)} lighter ones are not here: get them`));
    chosen = Math.min(chosen, Math.max(shown.length - 1, 0));
    draw();
  }

  function draw() {
    if (!table) return;
    const first = Math.max(Math.floor(scroller.scrollTop / ROW) - 8, 0);
    const last = Math.min(first + Math.ceil(scroller.clientHeight / ROW) + 16, shown.length);
    const { format, total } = table.header;
    const dark = isDark();
    /** @param {Row} row @param {'flat' | 'cum'} key */
    const weight = (row, key) => el('div', { class: `cell cell-${key}` },
      el('i', { class: 'bar', style: { width: `${(Math.abs(row[key]) / largest) * 100}%` } }),
      el('span', { class: 'value' }, comparison ? deltaText(row[key], format) : valueText(row[key], format)),
      el('span', { class: 'share' }, percentText(row[key], total)));
    fill(body, shown.slice(first, last).map((row, index) => {
      const at = first + index;
      const element = el('div', { class: at === chosen ? 'row chosen' : 'row', role: 'row', style: { transform: `translateY(${at * ROW}px)` } },
        weight(row, 'flat'), weight(row, 'cum'),
        comparison && [
          el('div', { class: 'cell cell-before' }, valueText(row.before, format)),
          el('div', { class: 'cell cell-after' }, valueText(row.after, format)),
          el('div', { class: `cell cell-change ${row.after > row.before ? 'grew' : 'shrank'}` }, changeText(row.before, row.after)),
        ],
        el('div', { class: 'cell cell-name', title: row.place.label },
          el('i', { class: 'dot', style: { background: groupColour({ id: 0, ...row.place }, dark) } }),
          el('a', { class: 'name', href: `sandwich?pivot=${encodeURIComponent(row.place.label)}` },
            el('bdi', { dir: 'ltr' }, row.place.label)),
          row.inline && el('span', { class: 'badge' }, row.inline === 'always' ? 'inline' : 'partly inline')));
      element.addEventListener('click', (event) => {
        chosen = at;
        if (event.target instanceof Element && event.target.closest('a') && !event.ctrlKey && !event.metaKey && !event.shiftKey) {
          event.preventDefault();
          go('sandwich', { pivot: row.place.label });
        } else draw();
      });
      element.addEventListener('contextmenu', (event) => {
        event.preventDefault();
        chosen = at;
        draw();
        openMenu(actionMenu(row.place), event.clientX, event.clientY, scroller);
      });
      return element;
    }));
  }

  scroller.addEventListener('scroll', draw);
  scroller.addEventListener('keydown', (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (key(event.key)) event.preventDefault();
  });
  const observer = new ResizeObserver(draw);
  observer.observe(scroller);
  const stopTheme = onTheme(draw);

  /** @param {string} key */
  function key(key) {
    const page = Math.max(Math.floor(scroller.clientHeight / ROW) - 1, 1);
    const step = /** @type {Record<string, number>} */ ({ ArrowDown: 1, ArrowUp: -1, PageDown: page, PageUp: -page, Home: -1e9, End: 1e9 })[key];
    if (step) {
      chosen = Math.min(Math.max(chosen + step, 0), Math.max(shown.length - 1, 0));
      const top = chosen * ROW;
      if (top < scroller.scrollTop) scroller.scrollTop = top;
      else if (top + ROW > scroller.scrollTop + scroller.clientHeight) scroller.scrollTop = top + ROW - scroller.clientHeight;
      draw();
      return true;
    }
    const place = shown[chosen]?.place;
    if (place && key === 'Enter') go('sandwich', { pivot: place.label });
    else if (place && (key === 'm' || key === 'ContextMenu')) {
      const box = scroller.getBoundingClientRect();
      openMenu(actionMenu(place), box.left + 40, box.top + (chosen + 1) * ROW - scroller.scrollTop, scroller);
    } else return actOnKey(key, place);
    return true;
  }

  /** Labels that match the search; null without one. @type {Set<string> | null} */
  let labels = null;
  let searched = '';
  async function refresh() {
    if (question() !== asked) {
      await load();
      searched = ' ';
      if (rows.length === 0) notice(host, 'No places', 'Nothing in this profile passes the filters, or all values of this sample type are zero.');
      else if (!box.isConnected) fill(host, box);
    }
    const q = param('q');
    if (q !== searched) {
      searched = q;
      const matches = q ? await searchText(page, q, signal) : null;
      if (!q) page.found(null);
      if (param('q') !== q) return;
      labels = matches ? new Set(matches.labels) : null;
    }
    arrange();
  }

  await refresh();
  return {
    update: () => {
      refresh().catch((error) => signal.aborted || notice(host, 'This cannot be shown', String(error.message)));
      return true;
    },
    key,
    remove: () => {
      observer.disconnect();
      stopTheme();
    },
  };
}
