// @ts-check
/** The table of all places: sorted by a click on a heading, filtered by the search box, drawn only where it is seen. */

import { ask, questionText } from './api.js';
import { actOnKey, actionMenu } from './actions.js';
import { groupColour } from './colour.js';
import { SIGNIFICANT, isWantedChange } from './controls.js';
import { el, fill } from './dom.js';
import { changeText, countText, deltaText, percentText, valueText } from './format.js';
import { openMenu } from './menu.js';
import { searchText } from './search.js';
import { address, go, isForBrowser, isOn, param, state } from './state.js';
import { isDark, onTheme } from './theme.js';
import { askVerdicts, isChange, kindOf, verdictWord } from './verdicts.js';
import { csv, keep, notice, waiting } from './view.js';

/** @typedef {import('./api.js').Table} Table */
/** @typedef {import('./api.js').TableRow} TableRow */

const ROW = 28;
/** Places of the first answer; the others come when they are wanted. */
const FIRST_ROWS = '5000';
/** Rows that are printed. */
const PRINTED_ROWS = 500;

/**
 * A row, in comparisons with what its place weighs with callees on both sides, and what is known of how it differs.
 * @typedef {TableRow & {before: number, after: number, verdict?: import('./verdicts.js').Row}} Row
 */

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

/** Where sets of runs were compared: of functions by themselves. @type {Column[]} */
const VERDICTS = [
  { key: 'verdict', title: 'Verdict', help: 'Whether it really differs by itself, the clearest first', rank: (row) => (row.verdict ? clarity(row.verdict) : -1) },
  { key: 'selfchange', title: 'Change', help: 'How much it changed by itself', rank: (row) => (row.verdict ? Math.abs(Math.log(row.verdict.ratio ?? Infinity)) : -1) },
  { key: 'interval', title: 'Interval', help: 'Where the change is, in percent; sorted by its lower end', rank: (row) => row.verdict?.low ?? -1 },
  { key: 'q', title: 'q', help: 'The rate at which what differs this clearly is chance', rank: (row) => row.verdict?.q ?? 2 },
];

/** What a file of the table says of verdicts. */
const VERDICT_FIELDS = ['verdict', 'ratio', 'low', 'high', 'q'];

/** What differs comes before what does not, and clear differences before others. @param {import('./verdicts.js').Row} row */
function clarity(row) {
  return (isChange(kindOf(row)) ? 2 : 0) + 1 - row.q;
}

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
  const isShared = state().view === 'both';
  // Means of two sides are no parts of a sum.
  const hasSides = () => page.facts.comparison && !isOn('mean');
  const comparison = hasSides();
  const { verdicts: judged } = page.facts;
  const columns = comparison ? [...COLUMNS.slice(0, 2), ...(judged ? VERDICTS : COMPARISON), COLUMNS[2]] : COLUMNS;

  const head = el('tr', {});
  const body = el('tbody', {});
  const grid = el('table', { class: 'places', 'aria-label': 'Places by weight' }, el('thead', {}, head), body);
  const scroller = el('div', { class: 'table-scroller', tabIndex: 0, role: 'region', 'aria-label': 'Places by weight, arrow keys choose one' }, grid);
  const foot = el('div', { class: 'table-foot' });
  const live = el('div', { class: 'visually-hidden', 'aria-live': 'polite' });
  const box = el('div', { class: ['table', comparison && 'comparison', comparison && judged && 'judged'].filter(Boolean).join(' ') }, el('h2', { class: 'visually-hidden' }, 'Top'), scroller, foot, live);

  const question = () => `${questionText()} ${limit}`;

  async function load() {
    asked = question();
    const nf = param('nf') || '0';
    const sort = param('sort') || 'flat';
    const [answer, verdicts] = await Promise.all([/** @type {Promise<Table>} */ (ask('top', { n: limit, nf, sort }, signal)), askVerdicts(page, signal)]);
    table = answer;
    rows = table.rows.map((row) => ({ ...row, verdict: verdicts?.rowOf(row.place.key), before: row.compared?.before_cum ?? 0, after: row.compared?.after_cum ?? 0 }));
    largest = rows.reduce((most, row) => Math.max(most, Math.abs(row.cum), Math.abs(row.flat)), 1);
  }

  function order() {
    const [key, down] = (param('order') || (comparison && judged ? 'verdict-' : `${param('sort') || 'flat'}-`)).match(/^(\w+)(-?)$/)?.slice(1) ?? ['flat', '-'];
    const column = columns.find((column) => column.key === key) ?? columns[0];
    return { column, sign: down ? -1 : 1 };
  }

  function arrange() {
    const { column, sign } = order();
    const rank = new Map(rows.map((row) => [row, column.rank(row)]));
    shown = rows.filter((row) => (!keys || keys.has(row.place.key)) && (!comparison || isWantedChange(row.before, row.after)) && (param('change') !== SIGNIFICANT || isChange(kindOf(row.verdict))));
    shown.sort((a, b) => {
      const [x, y] = [rank.get(a) ?? 0, rank.get(b) ?? 0];
      return sign * (x < y ? -1 : x > y ? 1 : 0);
    });
    fill(head, columns.map((col) => el('th', { class: `cell-${col.key}`, scope: 'col', 'aria-sort': col !== column ? 'none' : sign < 0 ? 'descending' : 'ascending' },
      el('button', { class: 'sort', type: 'button', title: `${col.help}; click to sort`,
        onclick: () => go(state().view, { order: col === column && sign < 0 ? col.key : `${col.key}-` }, { replace: true }),
      }, col.title, el('span', { class: 'sort-mark', 'aria-hidden': 'true' }, col !== column ? '' : sign < 0 ? '↓' : '↑')))));
    grid.setAttribute('aria-rowcount', String(shown.length + 1));
    const missing = table ? table.showing.original_nodes - rows.length : 0;
    fill(foot, shown.length < rows.length ? `${countText(shown.length)} of ${countText(rows.length)} places` : `${countText(rows.length)} places`,
      missing > 0 && !param('n') && el('button', { class: 'link', type: 'button', onclick: () => {
        limit = '-2';
        refresh();
      } }, `${countText(missing)} lighter ones are not here: get them`));
    const picked = param('sel');
    if (isShared && !picked) chosen = -1;
    if (picked) chosen = Math.max(shown.findIndex((row) => row.place.key === picked), -1);
    chosen = Math.min(chosen, shown.length - 1);
    if (picked && chosen >= 0) reveal();
    page.hits(keys ? { count: shown.length, go: (index) => choose(index) } : null);
    draw();
  }

  /** @param {number} first @param {number} last */
  function rowElements(first, last) {
    const { total, format } = /** @type {Table} */ (table).header;
    const dark = isDark();
    /** @param {Row} row @param {'flat' | 'cum'} key */
    const weight = (row, key) => el('td', { class: `weight cell-${key}` }, el('div', { class: 'weight-box' },
      el('i', { class: 'bar', style: { width: `${(Math.abs(row[key]) / largest) * 100}%` } }),
      el('span', { class: 'value' }, page.facts.comparison ? deltaText(row[key], format) : valueText(row[key], format)),
      el('span', { class: 'share' }, percentText(row[key], total))));
    return shown.slice(first, last).map((row, index) => {
      const at = first + index;
      const element = el('tr', { class: at === chosen ? 'row chosen' : 'row', 'aria-rowindex': String(at + 2), ...(at === chosen ? { 'aria-current': 'true' } : {}) },
        weight(row, 'flat'), weight(row, 'cum'),
        comparison && judged && [
          el('td', { class: 'cell-verdict' }, verdictWord(row.verdict)),
          el('td', { class: 'cell-selfchange' }, row.verdict?.words.change ?? ''),
          el('td', { class: 'cell-interval' }, row.verdict?.words.interval ?? ''),
          el('td', { class: 'cell-q' }, row.verdict?.words.q ?? ''),
        ],
        comparison && !judged && [
          el('td', { class: 'cell-before' }, valueText(row.before, format)),
          el('td', { class: 'cell-after' }, valueText(row.after, format)),
          el('td', { class: `cell-change ${row.after > row.before ? 'grew' : 'shrank'}` }, changeText(row.before, row.after)),
        ],
        el('td', { class: 'cell-name', title: row.place.label }, el('div', { class: 'name-box' },
          el('i', { class: 'dot', style: { background: groupColour({ id: 0, ...row.place }, dark) } }),
          el('a', { class: 'name', href: address('sandwich', { pivot: row.place.key }), tabIndex: -1 }, el('bdi', { dir: 'ltr' }, row.place.label)),
          row.inline && el('span', { class: 'badge' }, row.inline === 'always' ? 'inline' : 'partly inline'))));
      element.addEventListener('click', (event) => {
        const onLink = event.target instanceof Element && event.target.closest('a');
        if (onLink && isForBrowser(event)) return;
        event.preventDefault();
        chosen = at;
        if (isShared) pick();
        else if (onLink) go('sandwich', { pivot: row.place.key });
        else draw();
      });
      element.addEventListener('dblclick', () => go('sandwich', { pivot: row.place.key }));
      element.addEventListener('contextmenu', (event) => {
        event.preventDefault();
        chosen = at;
        draw();
        openMenu(actionMenu(row.place), event.clientX, event.clientY, scroller);
      });
      return element;
    });
  }

  function draw() {
    if (!table) return;
    const first = Math.max(Math.floor(scroller.scrollTop / ROW) - 8, 0);
    const last = Math.min(first + Math.ceil(scroller.clientHeight / ROW) + 16, shown.length);
    const gap = (/** @type {number} */ count) => count > 0 && el('tr', { class: 'gap', 'aria-hidden': 'true' }, el('td', { style: { height: `${count * ROW}px` } }));
    fill(body, gap(first), rowElements(first, last), gap(shown.length - last));
  }

  /** Tells the other half of the page what is chosen. */
  function pick() {
    const key = shown[chosen]?.place.key ?? '';
    go(state().view, { sel: param('sel') === key ? '' : key }, { replace: true });
  }

  function reveal() {
    const headHeight = head.offsetHeight;
    const top = chosen * ROW;
    if (top < scroller.scrollTop) scroller.scrollTop = top;
    else if (top + ROW + headHeight > scroller.scrollTop + scroller.clientHeight) scroller.scrollTop = top + ROW + headHeight - scroller.clientHeight;
  }

  /** @param {number} row */
  function choose(row) {
    chosen = Math.min(Math.max(row, 0), Math.max(shown.length - 1, 0));
    reveal();
    draw();
    const at = shown[chosen];
    if (!at || !table) return;
    const { format } = table.header;
    live.textContent = `${at.place.label}, self ${valueText(at.flat, format)}, total ${valueText(at.cum, format)}`;
    if (isShared) go(state().view, { sel: at.place.key }, { replace: true });
  }

  scroller.addEventListener('scroll', draw);
  scroller.addEventListener('keydown', (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.target === scroller && key(event.key)) event.preventDefault();
  });
  const observer = new ResizeObserver(draw);
  observer.observe(scroller);
  const stopTheme = onTheme(draw);
  /** All rows are there for the printer. */
  const print = () => table && fill(body, rowElements(0, PRINTED_ROWS));
  addEventListener('beforeprint', print);
  addEventListener('afterprint', draw);

  /** @param {string} key */
  function key(key) {
    const page = Math.max(Math.floor(scroller.clientHeight / ROW) - 2, 1);
    const step = /** @type {Record<string, number>} */ ({ ArrowDown: 1, ArrowUp: -1, PageDown: page, PageUp: -page, Home: -1e9, End: 1e9 })[key];
    if (step) {
      choose(chosen + step);
      return true;
    }
    const place = shown[chosen]?.place;
    if (place && key === 'Enter') go('sandwich', { pivot: place.key });
    else if (place && (key === 'm' || key === 'ContextMenu')) {
      const box = scroller.getBoundingClientRect();
      openMenu(actionMenu(place), box.left + 40, box.top + head.offsetHeight + (chosen + 1) * ROW - scroller.scrollTop, scroller);
    } else return actOnKey(key, place);
    return true;
  }

  /** Keys of places that match the search; null without one. @type {Set<string> | null} */
  let keys = null;
  let searched = '';
  async function refresh() {
    if (question() !== asked) {
      if (param('n')) limit = param('n');
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
      keys = matches ? new Set(matches.keys) : null;
    }
    arrange();
  }

  /** What is shown, with raw values. */
  function shownRows() {
    return shown.map(({ place, flat, cum, compared, verdict }) => ({ place, flat, cum, ...(compared ? { compared } : {}), ...(verdict ? { verdict } : {}) }));
  }

  await refresh();
  return {
    update: () => {
      if (hasSides() !== comparison) return false;
      refresh().catch((error) => signal.aborted || notice(host, 'This cannot be shown', String(error.message)));
      return true;
    },
    key,
    files: () => [
      { label: 'Table (CSV)', run: () => keep(csv([
        ['place', 'flat', 'cum', ...(comparison ? ['before_flat', 'before_cum', 'after_flat', 'after_cum'] : []), ...(judged ? VERDICT_FIELDS : []), 'unit'],
        ...shown.map(({ place, flat, cum, compared, verdict }) => [place.label, flat, cum,
          ...(comparison ? [compared?.before_flat ?? 0, compared?.before_cum ?? 0, compared?.after_flat ?? 0, compared?.after_cum ?? 0] : []),
          ...(judged ? [verdict?.verdict ?? '', verdict?.ratio ?? '', verdict?.low ?? '', verdict?.high ?? '', verdict?.q ?? ''] : []), table?.header.format.sample_unit ?? '']),
      ]), 'top.csv', 'text/csv') },
      { label: 'Table (JSON)', run: () => keep(JSON.stringify({ header: table?.header, rows: shownRows() }, null, 1), 'top.json', 'application/json') },
    ],
    remove: () => {
      observer.disconnect();
      stopTheme();
      removeEventListener('beforeprint', print);
      removeEventListener('afterprint', draw);
    },
  };
}
