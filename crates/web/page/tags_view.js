// @ts-check
/** What the values of each tag weigh; a click keeps the samples of one, a button groups by a key. */

import { answerAddress, ask, questionText } from './api.js';
import { el, fill } from './dom.js';
import { deltaText, percentText, valueText } from './format.js';
import { openMenu } from './menu.js';
import { added, go, linkTo, param, tagText, toggled, values } from './state.js';
import { csv, elementHits, keep, notice, waiting, withText } from './view.js';

/** @typedef {import('./api.js').Tags} Tags */
/** @typedef {import('./api.js').TagKey} TagKey */

const FIRST_VALUES = 12;

/** @type {import('./view.js').View} */
export async function tagsView(host, page, signal) {
  fill(page.tools);
  waiting(host);
  const question = questionText();
  const answer = /** @type {Tags} */ (await ask('tags', {}, signal));
  const keys = answer.keys.filter((key) => key.key !== 'pprof::base');
  if (keys.length === 0) {
    notice(host, 'No tags', 'The samples of this profile carry no tags (labels), or the filters leave none. Programs add them to tell requests, tenants or threads apart.');
    return;
  }
  const { format, total } = answer.header;
  const text = page.facts.comparison ? deltaText : valueText;

  /** @param {TagKey} tag @param {string} q */
  const section = (tag, q) => {
    const matching = tag.values.filter((row) => !q || `${tag.key}=${row.value}`.toLowerCase().includes(q));
    if (q && matching.length === 0) return null;
    const largest = matching.reduce((most, row) => Math.max(most, Math.abs(row.weight)), 1);
    const list = el('ul', { class: 'tag-values plain-list' });
    const grouped = param('tagroot') === tag.key;
    const show = (/** @type {number} */ count) => fill(list, matching.slice(0, count).map((row) => {
      const value = tagText(tag.key, row.value);
      const isOn = values('tag').includes(value);
      const link = el('a', { class: 'tag-value', title: isOn ? 'Keep all samples again' : 'Keep only samples with this value', ...(isOn ? { 'aria-current': 'true' } : {}), ...linkTo('tags', toggled('tag', value)) },
        el('i', { style: { width: `${(Math.abs(row.weight) / largest) * 100}%` } }),
        el('span', { class: 'name' }, row.value || '(empty)'),
        el('span', { class: 'value' }, text(row.weight, format)),
        el('span', { class: 'share' }, percentText(row.weight, tag.total)));
      link.addEventListener('contextmenu', (event) => {
        event.preventDefault();
        openMenu([{ title: `${tag.key} = ${row.value}` },
          { label: 'Only samples with this value', run: () => go('tags', added('tag', value)) },
          { label: 'Only samples without it', run: () => go('tags', added('nottag', value)) },
          { label: 'Flame graph of its samples', run: () => go('flamegraph', added('tag', value)) }], event.clientX, event.clientY, link);
      });
      return el('li', {}, link);
    }),
    matching.length > count && el('li', {}, el('button', { class: 'link', type: 'button', onclick: () => show(Math.min(count * 10, 5000)) },
      `${matching.length - count} more`)));
    show(FIRST_VALUES);
    const without = total - tag.total;
    return el('section', { class: 'tag', 'aria-label': tag.key.slice(0, 200) },
      el('div', { class: 'tag-head' },
        el('h2', {}, tag.key),
        el('span', { class: 'soft' }, `${text(tag.total, format)}, ${percentText(tag.total, total) || '0%'} of all`),
        el('span', { class: 'grow' }),
        el('button', { class: 'button bordered', type: 'button', 'aria-pressed': String(grouped), title: 'Show the values as the first frames of the flame graph',
          onclick: () => go('flamegraph', { tagroot: grouped ? '' : tag.key }) }, grouped ? 'Grouped' : 'Group by this')),
      list, without > 0 && !page.facts.comparison && el('p', { class: 'soft' }, `(none) ${text(without, format)}`));
  };
  const scroll = el('div', { class: 'scroll tags', tabIndex: 0, role: 'region', 'aria-label': 'Tags' });
  fill(host, scroll);
  const draw = () => {
    const q = param('q').toLowerCase();
    fill(scroll, keys.map((key) => section(key, q)));
    const hits = q ? withText(scroll, '.tag-value .name, .tag-head h2', q) : [];
    page.found(q === '' ? null : hits.length > 0 ? '' : 'no matches');
    page.hits(q ? elementHits(hits) : null);
  };
  draw();
  return {
    update: () => {
      if (questionText() !== question) return false;
      draw();
      return true;
    },
    files: () => [
      { label: 'Tags (CSV)', run: () => {
        const q = param('q').toLowerCase();
        keep(csv([['key', 'value', 'weight', 'unit'], ...keys.flatMap((key) => key.values.filter((row) => !q || `${key.key}=${row.value}`.toLowerCase().includes(q))
          .map((row) => [key.key, row.value, row.weight, format.sample_unit]))]), 'tags.csv', 'text/csv');
      } },
      { label: 'Tags (JSON)', href: answerAddress('tags/json'), download: 'tags.json' },
    ],
  };
}
