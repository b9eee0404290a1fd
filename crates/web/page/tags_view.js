// @ts-check
/** What the values of each tag weigh; a click keeps the samples of one, a button groups by a key. */

import { ask } from './api.js';
import { el, fill } from './dom.js';
import { deltaText, percentText, valueText } from './format.js';
import { go, param, quoted } from './state.js';
import { notice, waiting } from './view.js';

/** @typedef {import('./api.js').Tags} Tags */
/** @typedef {import('./api.js').TagKey} TagKey */

const FIRST_VALUES = 12;

/** @type {import('./view.js').View} */
export async function tagsView(host, page, signal) {
  fill(page.tools);
  waiting(host);
  const answer = /** @type {Tags} */ (await ask('tags', {}, signal));
  const keys = answer.keys.filter((key) => key.key !== 'pprof::base');
  if (keys.length === 0) {
    notice(host, 'No tags', 'The samples of this profile carry no tags (labels), or the filters leave none. Programs add them to tell requests, tenants or threads apart.');
    return;
  }
  const { format, total } = answer.header;
  const text = page.facts.comparison ? deltaText : valueText;
  const q = param('q').toLowerCase();

  /** @param {TagKey} tag */
  const section = (tag) => {
    const values = tag.values.filter((row) => !q || `${tag.key}=${row.value}`.toLowerCase().includes(q));
    if (q && values.length === 0) return null;
    const largest = values.reduce((most, row) => Math.max(most, Math.abs(row.weight)), 1);
    const list = el('div', { class: 'tag-values' });
    const grouped = param('tagroot') === tag.key;
    const show = (/** @type {number} */ count) => fill(list, values.slice(0, count).map((row) => el('button', {
      class: 'tag-value', type: 'button', title: 'Keep only samples with this value',
      onclick: () => go('tags', { tf: `${quoted(tag.key)}=^${quoted(row.value)}$` }) },
      el('i', { style: { width: `${(Math.abs(row.weight) / largest) * 100}%` } }),
      el('span', { class: 'name' }, row.value),
      el('span', { class: 'value' }, text(row.weight, format)),
      el('span', { class: 'share' }, percentText(row.weight, tag.total)))),
    values.length > count && el('button', { class: 'link', type: 'button', onclick: () => show(Math.min(count * 10, 5000)) },
      `${values.length - count} more`));
    show(FIRST_VALUES);
    const without = total - tag.total;
    return el('section', { class: 'tag' },
      el('header', {},
        el('h3', {}, tag.key),
        el('span', { class: 'soft' }, `${text(tag.total, format)}, ${percentText(tag.total, total) || '0%'} of all`),
        el('span', { class: 'grow' }),
        el('button', { class: 'button bordered', type: 'button', 'aria-pressed': grouped, title: 'Show the values as the first frames of the flame graph',
          onclick: () => go('flamegraph', { tagroot: grouped ? '' : tag.key }) }, grouped ? 'Grouped' : 'Group by this')),
      list, without > 0 && !page.facts.comparison && el('p', { class: 'soft' }, `(none) ${text(without, format)}`));
  };
  fill(host, el('div', { class: 'scroll tags' }, keys.map(section)));
}
