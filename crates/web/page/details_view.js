// @ts-check
/** What there is to know about the profile beside its samples. */

import { el, fill } from './dom.js';
import { countText, valueText } from './format.js';
import { go } from './state.js';

/** @type {import('./view.js').View} */
export async function detailsView(host, page) {
  const { facts } = page;
  fill(page.tools);
  const time = (/** @type {number} */ nanos) => valueText(nanos, { sample_unit: 'nanoseconds', output_unit: 'auto', ratio: 1 });
  /** @param {string} name @param {...(Node | Node[] | string | null | false)} value */
  const fact = (name, ...value) => value.some(Boolean) && [el('dt', {}, name), el('dd', {}, value.flat())];
  const link = /^https?:\/\//.test(facts.doc_url);
  fill(host, el('div', { class: 'scroll details' },
    el('h2', {}, facts.name || 'Profile'),
    el('dl', {},
      fact('Collected', facts.time_nanos > 0 && new Date(facts.time_nanos / 1e6).toLocaleString()),
      fact('Duration', facts.duration_nanos > 0 && time(facts.duration_nanos)),
      fact('Period', facts.period > 0 && `${valueText(facts.period, { sample_unit: facts.period_type.unit, output_unit: 'auto', ratio: 1 })} of ${facts.period_type.kind}`),
      fact('Sample types', el('span', { class: 'chips' }, facts.sample_types.map((type, row) => el('button', {
        class: 'button bordered', type: 'button', onclick: () => go('flamegraph', { si: row === facts.default_sample_type ? '' : type.kind }) },
        type.kind, el('span', { class: 'soft' }, type.unit))))),
      fact('Contents', `${countText(facts.samples)} samples on ${countText(facts.stacks)} stacks, ${countText(facts.locations)} locations, ${countText(facts.functions)} functions`),
      fact('Compared', facts.comparison && 'Samples of a base are subtracted; both sides can be told apart.'),
      fact('Tags', facts.tag_keys.length > 0 && facts.tag_keys.join(', ')),
      fact('Comments', facts.comments.length > 0 && facts.comments.map((comment) => el('p', {}, comment))),
      fact('About', facts.doc_url && (link ? el('a', { href: facts.doc_url, target: '_blank', rel: 'noopener noreferrer' }, facts.doc_url) : facts.doc_url)),
      fact('Dropped frames', facts.drop_frames && el('code', {}, facts.drop_frames)),
      fact('Kept frames', facts.keep_frames && el('code', {}, facts.keep_frames))),
    facts.mappings.length > 0 && [
      el('h3', {}, `Binaries (${countText(facts.mapping_count)})`),
      el('div', { class: 'wide' }, el('table', { class: 'plain' },
        el('tr', {}, ['File', 'Addresses', 'Build id', 'Symbols'].map((title) => el('th', {}, title))),
        facts.mappings.map((mapping) => el('tr', {}, el('td', {}, mapping.file || '?'),
          el('td', { class: 'mono' }, `${mapping.start}–${mapping.limit}`), el('td', { class: 'mono' }, mapping.build_id),
          el('td', {}, [mapping.has_functions && 'functions', mapping.has_lines && 'lines'].filter(Boolean).join(', ') || 'none'))))),
    ]));
}
