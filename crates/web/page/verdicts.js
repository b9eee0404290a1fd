// @ts-check
/** What a comparison of sets of runs says of places: which really differ, and which cannot be told apart. */

import { ask, answerAddress } from './api.js';
import { verdictColour } from './colour.js';
import { el } from './dom.js';
import { countText } from './format.js';
import { isDark } from './theme.js';

/** @typedef {import('./flame_chart.js').Verdict} Verdict */
/** @typedef {import('./flame_model.js').FlameModel} FlameModel */
/** What people read of a row. @typedef {{change: string, interval: string, shares: string, q: string, detectable: string}} Words */
/**
 * A row of a comparison: a function by itself.
 * @typedef {{function: string, is_rest: boolean, base_count: number, new_count: number, ratio: number | null, low: number,
 *   high: number | null, q: number, verdict: 'slower' | 'faster' | 'more' | 'less' | 'same' | 'undecided',
 *   renamed_from: string | null, moved_within: string | null, words: Words}} Row
 */
/**
 * @typedef {{headline: string, total: string, comparison: {words: 'time' | 'amount', rows: Omit<Row, 'words'>[]}, words: Words[],
 *   places: Record<string, number>}} Answer
 */

/** How verdicts are drawn, and the words for them where time and where anything else was compared. @type {[Verdict, string, string][]} */
const KINDS = [['more', 'slower', 'more'], ['less', 'faster', 'less'], ['undecided', 'undecided', 'undecided'], ['same', 'same', 'same']];
/** Signs beside the colours of what differs. */
const SIGNS = { more: '▲', less: '▼', undecided: '', same: '' };

export class Verdicts {
  /** @param {Answer} answer */
  constructor(answer) {
    this.answer = answer;
    /** @type {Row[]} */
    this.rows = answer.comparison.rows.map((row, at) => ({ ...row, words: answer.words[at] }));
    this.places = new Map(Object.entries(answer.places));
  }

  /** What is said of the place with this key; nothing where it is too light to be tested. @param {string | undefined} key @returns {Row | undefined} */
  rowOf(key) {
    const row = this.places.get(key ?? '');
    return row === undefined ? undefined : this.rows[row];
  }

  /** How a frame is drawn. @param {FlameModel} model @param {number} frame @returns {Verdict | null} */
  ofFrame(model, frame) {
    const place = model.placeOf(frame);
    return place ? kindOf(this.rowOf(place.key)) : null;
  }

  /**
   * The frames that differ, and those above them.
   * @param {FlameModel} model
   */
  significant(model) {
    const kept = new Uint8Array(model.count);
    for (let frame = model.count - 1; frame > 0; frame--) {
      if (isChange(this.ofFrame(model, frame))) kept[frame] = 1;
      if (kept[frame] === 1) kept[model.parent[frame]] = 1;
    }
    return kept;
  }

  /** What is said of a frame, for its card. @param {FlameModel} model @param {number} frame */
  card(model, frame) {
    const place = model.placeOf(frame);
    return place ? told(this.rowOf(place.key)) : null;
  }

  /** How many rows there are of each verdict, and what was compared. */
  summary() {
    const { headline, total, comparison } = this.answer;
    const count = (/** @type {Verdict} */ kind) => this.rows.filter((row) => !row.is_rest && kindOf(row) === kind).length;
    const parts = KINDS.map(([kind, time, amount]) => `${countText(count(kind))} ${comparison.words === 'time' ? time : amount}`);
    const line = `total ${total} · ${headline}`;
    return el('p', { class: 'verdict-line', title: line }, el('strong', {}, parts.join(', ')), ` · ${line}`);
  }

  /** What the colours mean. */
  legend() {
    const isTime = this.answer.comparison.words === 'time';
    return el('span', { class: 'legend verdicts' }, KINDS.map(([kind, time, amount]) => el('span', { class: 'verdict-key' },
      el('i', { class: `swatch verdict-${kind}`, style: { background: verdictColour(kind, isDark()) } }, SIGNS[kind]), isTime ? time : amount)));
  }
}

/** @type {{address: string, verdicts: Promise<Verdicts>} | null} */
let latest = null;

/**
 * What the comparison says; nothing where none was made of what is shown.
 * @param {import('./view.js').Page} page
 * @param {AbortSignal} signal
 * @returns {Promise<Verdicts | null>}
 */
export async function askVerdicts(page, signal) {
  if (!page.facts.verdicts) return null;
  const address = answerAddress('verdicts');
  // Both halves of a view ask for the same.
  if (latest?.address !== address) {
    const verdicts = ask('verdicts', {}, signal).then((answer) => new Verdicts(/** @type {Answer} */ (answer)));
    verdicts.catch(() => { latest = null; });
    latest = { address, verdicts };
  }
  return latest.verdicts;
}

/** @param {Row | undefined} row @returns {Verdict} */
export function kindOf(row) {
  switch (row?.verdict) {
    case 'slower': case 'more': return 'more';
    case 'faster': case 'less': return 'less';
    case 'same': return 'same';
    default: return 'undecided';
  }
}

/** @param {Verdict | null} kind */
export function isChange(kind) {
  return kind === 'more' || kind === 'less';
}

/** The word for a verdict with its sign. @param {Row | undefined} row */
export function verdictWord(row) {
  const kind = kindOf(row);
  return el('span', { class: `verdict-word verdict-${kind}` }, SIGNS[kind] && el('span', { 'aria-hidden': 'true' }, `${SIGNS[kind]} `), row?.verdict ?? 'not tested');
}

/** @param {Row | undefined} row */
function told(row) {
  const line = (/** @type {string} */ name, /** @type {Node | string | null | false} */ value) => value && el('tr', {}, el('th', { scope: 'row' }, name), el('td', {}, value));
  const samples = (/** @type {number} */ count) => countText(Math.round(count));
  return el('table', { class: 'card-verdict' },
    line('Self, by its runs', verdictWord(row)),
    !row && line('Why', 'too light to be tested'),
    row && [
      line('Change', `${row.words.change} ${row.words.interval}`),
      line('Share', row.words.shares),
      line('Samples', `${samples(row.base_count)} → ${samples(row.new_count)}`),
      line('q', row.words.q),
      !isChange(kindOf(row)) && line('Could have been seen', row.words.detectable),
      line('Moved within', row.moved_within),
      line('Renamed?', row.renamed_from),
    ]);
}
