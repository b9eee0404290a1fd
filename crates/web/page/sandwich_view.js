// @ts-check
/** One function in the middle: who calls it above, whom it calls below. */

import { Refusal, ask } from './api.js';
import { actOnKey, actionMenu } from './actions.js';
import { placeColour } from './colour.js';
import { append, el, fill } from './dom.js';
import { FlameCard } from './flame_card.js';
import { FlameChart } from './flame_chart.js';
import { FlameModel } from './flame_model.js';
import { percentText, valueText } from './format.js';
import { openMenu } from './menu.js';
import { pickPlace } from './pick.js';
import { go, param } from './state.js';
import { onTheme } from './theme.js';
import { waiting } from './view.js';

/** @typedef {import('./flame_model.js').FlameData} FlameData */

/** @type {import('./view.js').View} */
export async function sandwichView(host, page, signal) {
  fill(page.tools);
  const pivot = param('pivot') || (param('p') ? await named(param('p'), signal) : '');
  if (!pivot) {
    return pickPlace(host, page, signal, 'Whose callers and callees?', (place) => go('sandwich', { pivot: place.label, p: '' }));
  }
  waiting(host);
  const [callers, callees] = await Promise.all(['t', ''].map(async (inverted) =>
    new FlameModel(/** @type {FlameData} */ (await ask('flamegraph', { pivot, inverted }, signal)))));
  const card = new FlameCard();
  /** @param {FlameModel} model @param {boolean} upwards */
  const half = (model, upwards) => {
    const box = el('div', { class: 'flame' });
    const chart = new FlameChart(box, {
      hover: (frame, event) => card.show(model, frame, event),
      menu: (frame, x, y) => {
        const place = model.placeOf(frame);
        card.show(null, -1);
        if (place) openMenu(actionMenu(place), x, y, chart.canvas);
      },
      select: (frame, beside) => {
        chart.say(model.label(frame));
        if (beside) card.show(model, frame, beside);
      },
      expand: (frame) => chart.zoomTo(model.parent[frame]),
      key: (key, frame) => actOnKey(key, model.placeOf(frame)),
    });
    chart.first = 2;
    chart.upwards = upwards;
    return { box, chart, model };
  };
  const halves = [half(callers, true), half(callees, false)];
  const self = callees.count > 1 ? callees.flat[1] - callees.baseFlat[1] : 0;
  const { format, total } = callees.header;
  const cum = callees.cum[0] - callees.baseCum[0];
  /** Each half gets room as it has rows, so that both can be seen. @param {FlameModel} model */
  const share = (model) => ({ 'flex-grow': Math.min(Math.max(model.rows.length - 2, 4), 24) });
  const place = callees.placeOf(Math.min(1, callees.count - 1));
  const middle = el('div', { class: 'sandwich-middle' });
  fill(host, el('div', { class: 'sandwich' },
    el('div', { class: 'sandwich-half', style: share(callers) }, el('h3', {}, 'Callers'), halves[0].box),
    append(middle, [
      el('strong', {}, pivot),
      el('span', {}, `total ${valueText(cum, format)} ${percentText(cum, total)}`),
      el('span', {}, `self ${valueText(self, format)} ${percentText(self, total)}`),
      el('button', { class: 'button bordered', type: 'button', onclick: () => go('sandwich', { pivot: '', p: '' }) }, 'Another one')]),
    el('div', { class: 'sandwich-half', style: share(callees) }, el('h3', {}, 'Callees'), halves[1].box)));
  middle.addEventListener('contextmenu', (event) => {
    event.preventDefault();
    if (place) openMenu(actionMenu(place), event.clientX, event.clientY);
  });
  for (const { chart, model } of halves) chart.show(model);
  const stop = onTheme((dark) => {
    if (place) middle.style.background = placeColour(place, dark);
    halves.forEach(({ chart }) => chart.setDark(dark));
  });
  return {
    remove: () => {
      stop();
      card.remove();
      halves.forEach(({ chart }) => chart.remove());
    },
  };
}

/**
 * The heaviest place that a regular expression matches: addresses of pprof name places so.
 * @param {string} q
 * @param {AbortSignal} signal
 */
async function named(q, signal) {
  const matches = /** @type {import('./api.js').Matches} */ (await ask('search', { q }, signal));
  if (matches.places === 0) throw new Refusal(`no place matches ${q}`, 422);
  return matches.labels[0];
}
