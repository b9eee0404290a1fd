// @ts-check
/** What there is to know about the profile beside its samples. */

import { el, fill } from './dom.js';
import { countText, valueText } from './format.js';
import { linkTo, param } from './state.js';
import { elementHits, withText } from './view.js';
import { answerAddress } from './api.js';

/** @type {import('./view.js').View} */
export async function detailsView(host, page) {
  const { facts } = page;
  fill(page.tools);
  const time = (/** @type {number} */ nanos) => valueText(nanos, { sample_unit: 'nanoseconds', output_unit: 'auto', ratio: 1 });
  /** @param {string} name @param {...(Node | Node[] | string | null | false)} value */
  const fact = (name, ...value) => value.some(Boolean) && [el('dt', {}, name), el('dd', {}, value.flat())];
  const link = /^https?:\/\//.test(facts.doc_url);
  const scroll = el('div', { class: 'scroll', tabIndex: 0, role: 'region', 'aria-label': 'Details' }, el('div', { class: 'details' },
    el('h2', {}, facts.name || 'Profile'),
    el('dl', {},
      fact('Collected', facts.time_nanos > 0 && new Date(facts.time_nanos / 1e6).toLocaleString()),
      fact('Duration', facts.duration_nanos > 0 && time(facts.duration_nanos)),
      fact('Period', facts.period > 0 && `${valueText(facts.period, { sample_unit: facts.period_type.unit, output_unit: 'auto', ratio: 1 })} of ${facts.period_type.kind}`),
      fact('Sample types', el('span', { class: 'chips' }, facts.sample_types.map((type, row) => el('a', {
        class: 'button bordered', ...linkTo('flamegraph', { si: row === facts.default_sample_type ? '' : type.kind }) },
        type.kind, el('span', { class: 'soft' }, type.unit))))),
      fact('Contents', `${countText(facts.samples)} samples on ${countText(facts.stacks)} stacks, ${countText(facts.locations)} locations, ${countText(facts.functions)} functions`),
      fact('Compared with', facts.base && el('p', {}, [facts.base.name, facts.base.totals.length > 0 && `total ${facts.base.totals.map((total, row) => `${valueText(total, { sample_unit: facts.sample_types[row]?.unit ?? '', output_unit: 'auto', ratio: 1 })} ${facts.sample_types[row]?.kind ?? ''}`).join(', ')}`,
        facts.base.time_nanos > 0 && `collected ${new Date(facts.base.time_nanos / 1e6).toLocaleString()}`, facts.base.duration_nanos > 0 && `in ${time(facts.base.duration_nanos)}`].filter(Boolean).join(' · '))),
      fact('Tags', facts.tag_keys.length > 0 && facts.tag_keys.join(', ')),
      fact('Comments', facts.comments.length > 0 && facts.comments.map((comment) => el('p', {}, comment))),
      fact('About', facts.doc_url && (link ? el('a', { href: facts.doc_url, target: '_blank', rel: 'noopener noreferrer' }, facts.doc_url) : facts.doc_url)),
      fact('Dropped frames', facts.drop_frames && el('code', {}, facts.drop_frames)),
      fact('Kept frames', facts.keep_frames && el('code', {}, facts.keep_frames))),
    facts.mappings.length > 0 && [
      el('h3', {}, `Binaries (${countText(facts.mapping_count)})`),
      el('div', { class: 'wide', tabIndex: 0, role: 'region', 'aria-label': 'Binaries' }, el('table', { class: 'plain' },
        el('thead', {}, el('tr', {}, ['File', 'Addresses', 'Build id', 'Symbols'].map((title) => el('th', { scope: 'col' }, title)))),
        el('tbody', {}, facts.mappings.map((mapping) => el('tr', {}, el('td', {}, mapping.file || '?'),
          el('td', { class: 'mono' }, `${mapping.start}–${mapping.limit}`), el('td', { class: 'mono' }, mapping.build_id),
          el('td', {}, [mapping.has_functions && 'functions', mapping.has_lines && 'lines'].filter(Boolean).join(', ') || 'none')))))),
    ]));
  fill(host, scroll);
  const search = () => {
    const q = param('q');
    const hits = withText(scroll, 'dd, td, h2', q);
    page.found(q === '' ? null : hits.length > 0 ? '' : 'no matches');
    page.hits(q ? elementHits(hits) : null);
  };
  search();
  return {
    update: () => {
      search();
      return true;
    },
    files: () => [{ label: 'Details (JSON)', href: answerAddress('profile'), download: 'details.json' }],
  };
}
