// @ts-check
/** The page of a flame graph file: the graph, a search box and a few buttons. */

import { el, fill, icon } from './dom.js';
import { FlameCard } from './flame_card.js';
import { FlameChart } from './flame_chart.js';
import { FlameModel } from './flame_model.js';
import { countText, deltaText, percentText, valueText } from './format.js';
import { changeColour } from './colour.js';
import { isDark, onTheme, toggleTheme } from './theme.js';

/** @typedef {import('./colour.js').Place} Place */

function startPage() {
  /** @type {import('./flame_model.js').FlameData} */
  const data = JSON.parse(document.getElementById('flame-data')?.textContent ?? '');
  const models = [new FlameModel(data)];
  let turned = 0;
  const model = () => (models[turned] ??= new FlameModel(models[0].turned()));

  const card = new FlameCard();
  const host = el('div', { class: 'flame' });
  const chart = new FlameChart(host, {
    hover: (frame, event) => card.show(model(), frame, event),
    tap: (frame, event) => card.show(model(), frame, event),
    select: (frame, beside) => {
      chart.say(model().label(frame));
      if (beside) card.show(model(), frame, beside);
    },
    expand: (frame) => chart.zoomTo(model().parent[frame]),
  });
  const found = el('output', { class: 'found' });
  const count = el('output', { class: 'found' });
  const input = el('input', { type: 'search', placeholder: 'Search', 'aria-label': 'Search', spellcheck: false });
  const tools = el('div', { class: 'tools' });

  function search() {
    const test = tester(input.value);
    const marked = model().mark(test);
    hits = test ? model().found() : [];
    at = -1;
    found.textContent = test ? sumsText(model(), test, marked) : '';
    count.textContent = hits.length === 0 ? '' : `${countText(hits.length)} ${hits.length === 1 ? 'hit' : 'hits'}`;
    chart.redraw();
  }

  /** @type {number[]} */
  let hits = [];
  let at = -1;
  /** Goes to the next hit or the one before. @param {number} by */
  function step(by) {
    if (hits.length === 0) return false;
    at = at < 0 ? (by > 0 ? 0 : hits.length - 1) : (at + by + hits.length) % hits.length;
    chart.goTo(hits[at]);
    count.textContent = `${countText(at + 1)} of ${countText(hits.length)}`;
    return true;
  }
  input.addEventListener('input', search);
  input.addEventListener('keydown', (event) => event.key === 'Enter' && step(event.shiftKey ? -1 : 1));

  function showTools() {
    /** @param {'flip' | 'plus' | 'minus' | 'fit' | 'sun' | 'moon'} name @param {string} label @param {() => void} onclick */
    const button = (name, label, onclick) => el('button', { class: 'button only-icon', type: 'button', title: label, 'aria-label': label, onclick }, icon(name));
    const steps = [[10, 1], [4, 2], [1, 1], [2, 4], [1, 10]];
    fill(tools,
      model().comparison && el('span', { class: 'legend' }, 'less',
        steps.map(([before, after]) => el('i', { class: 'swatch', style: { background: changeColour(before, after, isDark()) } })), 'more'),
      el('button', { class: 'button', type: 'button', 'aria-pressed': String(turned === 1), onclick: turn }, icon('invert'), data.inverted ? 'Callees' : 'Inverted'),
      button('flip', 'Root at the bottom', () => chart.setUpwards(!chart.upwards)),
      button('minus', 'Zoom out (−)', () => chart.key('-')), button('plus', 'Zoom in (+)', () => chart.key('+')),
      button('fit', 'Show everything (Esc)', () => chart.key('0')),
      button(isDark() ? 'sun' : 'moon', 'Dark or light', toggleTheme));
  }

  function turn() {
    turned = 1 - turned;
    chart.show(model());
    search();
    showTools();
  }

  const { header } = data;
  document.title = [header.file, header.sample_type, 'flame graph'].filter(Boolean).join(' · ');
  const facts = [header.sample_type, models[0].comparison ? '' : valueText(header.total, header.format),
    header.duration_nanos > 0 && `in ${valueText(header.duration_nanos, { sample_unit: 'ns', output_unit: 'auto', ratio: 1 })}`,
    ...header.active_filters, `${countText(models[0].count)} frames`];
  document.body.append(
    el('header', { class: 'top' }, el('h1', {}, header.file || 'Flame graph'), el('span', { class: 'facts' }, facts.filter(Boolean).join(' · ')),
      found, el('div', { class: 'search', role: 'search' }, icon('search'), input), count, tools),
    el('main', { class: 'flame-main' }, host));
  onTheme((dark) => {
    chart.setDark(dark);
    showTools();
  });
  chart.setUpwards(data.upwards);
  chart.show(model());
  addEventListener('keydown', (event) => {
    if (event.defaultPrevented || event.target === input || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === '/') input.focus();
    else if (event.key === 't') toggleTheme();
    else if (event.key === 'n' || event.key === 'N') step(event.key === 'n' ? 1 : -1);
    else if (!chart.key(event.key)) return;
    event.preventDefault();
  });
}

/**
 * Whether a place is what people look for. As in many editors, capitals count only when one is typed.
 * @param {string} text
 * @returns {((place: Place) => boolean) | null}
 */
function tester(text) {
  if (text === '') return null;
  const fold = text === text.toLowerCase();
  try {
    const pattern = new RegExp(text, fold ? 'iu' : 'u');
    return (place) => pattern.test(place.label);
  } catch {
    return (place) => (fold ? place.label.toLowerCase() : place.label).includes(text);
  }
}

/**
 * What all places weigh together that pass. Places have their weights with them, whatever was too light to be a frame:
 * their own weights add up, the total of one is known, and that of several is at least what their frames or the
 * heaviest of them say.
 * @param {FlameModel} model
 * @param {(place: Place) => boolean} test
 * @param {import('./flame_model.js').MatchSums} marked
 */
function sumsText(model, test, marked) {
  const { format } = model.header;
  const { total } = model;
  const write = model.comparison ? deltaText : valueText;
  const places = model.places.filter((place) => test(place));
  const everyPlace = model.places.reduce((sum, place) => sum + place.flat, 0) === model.cum[0] - model.baseCum[0];
  if (places.length === 0) return everyPlace ? 'no matches' : 'no matches among the places of this file';
  const flat = model.pivot ? marked.flat : places.reduce((sum, place) => sum + place.flat, 0);
  const isOne = places.length === 1 && everyPlace && !model.pivot;
  const cum = isOne ? places[0].cum : model.comparison || model.pivot ? marked.cum : places.reduce((most, place) => Math.max(most, place.cum), marked.cum);
  /** @param {boolean} isExact @param {number} value */
  const sum = (isExact, value) => `${isExact ? '' : 'at least '}${write(value, format)} (${percentText(value, total)})`;
  return `total ${sum(isOne || !model.pruned, cum)} · self ${sum(model.pivot ? !model.pruned : everyPlace, flat)}`;
}

startPage();
