// @ts-check
/** One function in the middle: who calls it above, whom it calls below. */

import { Refusal, answerAddress, ask, questionText } from './api.js';
import { actOnKey, actionMenu } from './actions.js';
import { placeColour } from './colour.js';
import { COLLAPSE, toggleButton } from './controls.js';
import { append, el, fill } from './dom.js';
import { FlameCard } from './flame_card.js';
import { FlameChart } from './flame_chart.js';
import { FlameModel } from './flame_model.js';
import { percentText, valueText } from './format.js';
import { openMenu, toast } from './menu.js';
import { pickPlace } from './pick.js';
import { pictureOf } from './picture.js';
import { searchText } from './search.js';
import { go, param } from './state.js';
import { isDark, onTheme } from './theme.js';
import { askVerdicts } from './verdicts.js';
import { waiting } from './view.js';

/** @typedef {import('./flame_model.js').FlameData} FlameData */
/** @typedef {import('./api.js').Place} Place */

/** Frames in one more answer when those of the first are not enough. */
const MANY_FRAMES = '60000';

/** @type {import('./view.js').View} */
export async function sandwichView(host, page, signal) {
  const pivot = param('pivot') || (param('p') ? await named(param('p'), signal) : '');
  if (!pivot) {
    fill(page.tools);
    return pickPlace(host, page, signal, 'Whose callers and callees?', (place) => ({ view: 'sandwich', changes: { pivot: place.key, p: '' } }));
  }
  waiting(host);
  const question = questionText();
  const [callers, callees] = await Promise.all(['t', ''].map(async (inverted) =>
    new FlameModel(/** @type {FlameData} */ (await ask('flamegraph', { pivot, inverted }, signal)))));
  const verdicts = await askVerdicts(page, signal);
  const card = new FlameCard();
  /** @param {FlameModel} model @param {boolean} upwards @param {string} inverted */
  const half = (model, upwards, inverted) => {
    const box = el('div', { class: 'flame' });
    /** Asks for the frames below one that were summed up. @param {number} frame */
    const expand = async (frame) => {
      const above = model.parent[frame];
      const path = model.path(above);
      const data = /** @type {FlameData} */ (await ask('flamegraph', { pivot, inverted, path: path.join(','), n: MANY_FRAMES }, signal));
      model.graft(path, data);
      chart.hovered = -1;
      chart.refresh();
      chart.zoomTo(model.follow(path));
      await search();
    };
    /** @param {number} frame @param {{clientX: number, clientY: number}} [event] */
    const tellOf = (frame, event) => card.show(model, frame, event, frame >= 0 && verdicts ? verdicts.card(model, frame) : null);
    const chart = new FlameChart(box, {
      hover: tellOf,
      tap: tellOf,
      menu: (frame, x, y) => {
        const place = model.placeOf(frame);
        card.show(null, -1);
        if (place) openMenu(actionMenu(/** @type {Place} */ (place)), x, y, chart.canvas);
      },
      select: (frame, beside) => {
        chart.say(model.label(frame));
        if (beside) tellOf(frame, beside);
      },
      expand: (frame) => expand(frame).catch((error) => signal.aborted || toast(String(error.message))),
      key: (key, frame) => actOnKey(key, /** @type {Place | undefined} */ (model.placeOf(frame))),
    });
    chart.first = 2;
    chart.verdictOf = verdicts && ((frame) => verdicts.ofFrame(model, frame));
    chart.upwards = upwards;
    return { box, chart, model };
  };
  const halves = [half(callers, true, 't'), half(callees, false, '')];
  const { format, total } = callees.header;
  const place = /** @type {(Place & {flat: number}) | undefined} */ (callees.placeOf(Math.min(1, callees.count - 1)));
  const cum = callees.cum[0] - callees.baseCum[0];
  // Wherever it is on a stack: the first of its frames has only what does not call it again.
  const self = place?.flat ?? 0;
  const label = place?.label ?? pivot;
  /** Each half gets room as it has rows, so that both can be seen. @param {FlameModel} model */
  const share = (model) => ({ 'flex-grow': Math.min(Math.max(model.rows.length - 2, 4), 24) });
  const middle = el('div', { class: 'sandwich-middle' });
  const sums = `total ${valueText(cum, format)} ${percentText(cum, total)} · self ${valueText(self, format)} ${percentText(self, total)}`;
  fill(host, el('div', { class: 'sandwich' }, el('h2', { class: 'visually-hidden' }, `Callers and callees of ${label.slice(0, 200)}`),
    verdicts && el('div', { class: 'verdict-summary' }, verdicts.legend()),
    el('section', { class: 'sandwich-half', style: share(callers), 'aria-label': 'Callers' }, el('h3', {}, 'Callers'), halves[0].box),
    append(middle, [
      el('strong', {}, label),
      el('span', {}, `total ${valueText(cum, format)} ${percentText(cum, total)}`),
      el('span', {}, `self ${valueText(self, format)} ${percentText(self, total)}`),
      el('button', { class: 'button bordered', type: 'button', onclick: () => go('sandwich', { pivot: '', p: '' }) }, 'Another one')]),
    el('section', { class: 'sandwich-half', style: share(callees), 'aria-label': 'Callees' }, el('h3', {}, 'Callees'), halves[1].box)));
  middle.addEventListener('contextmenu', (event) => {
    event.preventDefault();
    if (place) openMenu(actionMenu(place), event.clientX, event.clientY, middle);
  });
  for (const { chart, model } of halves) chart.show(model);
  const stop = onTheme((dark) => {
    if (place) middle.style.background = placeColour({ id: 0, ...place }, dark);
    halves.forEach(({ chart }) => chart.setDark(dark));
  });
  fill(page.tools, toggleButton('collapse', 'collapse', COLLAPSE));

  async function search() {
    const q = param('q');
    const matches = q ? await searchText(page, q, signal) : null;
    if (q !== param('q')) return;
    if (!q) page.found(null);
    const keys = new Set(matches?.keys ?? []);
    /** @type {[FlameChart, number][]} */
    const found = [];
    for (const { chart, model } of halves) {
      model.mark(matches ? (place) => keys.has(place.key ?? '') : null);
      chart.redraw();
      for (const frame of model.found()) if (model.depth[frame] >= chart.first) found.push([chart, frame]);
    }
    page.hits(matches ? { count: found.length, go: (index) => found[index][0].goTo(found[index][1]) } : null);
  }
  await search();

  return {
    update: () => {
      if (questionText() !== question || param('pivot') !== pivot) return false;
      search().catch(() => {});
      return true;
    },
    key: (key) => halves[1].chart.key(key),
    files: () => [
      { label: 'Callees (JSON)', href: answerAddress('flamegraph/json', { pivot, inverted: '' }), download: 'callees.json' },
      { label: 'Callers (JSON)', href: answerAddress('flamegraph/json', { pivot, inverted: 't' }), download: 'callers.json' },
    ],
    picture: () => pictureOf([{ chart: halves[0].chart },
      { text: `${label} · ${sums}`, colour: place ? placeColour({ id: 0, ...place }, isDark()) : 'none', ink: halves[1].chart.ink },
      { chart: halves[1].chart }], 'sandwich'),
    remove: () => {
      stop();
      card.remove();
      halves.forEach(({ chart }) => chart.remove());
    },
  };
}

/**
 * The heaviest place that a regular expression matches: addresses of pprof name places like this.
 * @param {string} q
 * @param {AbortSignal} signal
 */
async function named(q, signal) {
  const matches = /** @type {import('./api.js').Matches} */ (await ask('search', { q }, signal));
  if (matches.places === 0) throw new Refusal(`no place matches ${q}`, 422);
  return matches.keys[0];
}
