// @ts-check
/** The flame graph. */

import { ask } from './api.js';
import { actOnKey, actionMenu } from './actions.js';
import { changeColour } from './colour.js';
import { el, fill, icon } from './dom.js';
import { FlameCard } from './flame_card.js';
import { FlameChart } from './flame_chart.js';
import { FlameModel } from './flame_model.js';
import { valueText } from './format.js';
import { openMenu, toast } from './menu.js';
import { searchText } from './search.js';
import { go, isOn, param, state } from './state.js';
import { isDark, onTheme } from './theme.js';
import { failed, notice, waiting } from './view.js';

/** @typedef {import('./flame_model.js').FlameData} FlameData */
/** @typedef {import('./view.js').View} View */

/** Frames in one more answer when those of the first are not enough. */
const MANY_FRAMES = '60000';

/** @type {View} */
export async function flameView(host, page, signal) {
  /** @type {FlameModel | null} */
  let model = null;
  let asked = 'nothing yet';
  /** Paths below which everything was fetched that there is room for. @type {Set<string>} */
  let deepened = new Set();
  const card = new FlameCard();
  const flame = el('div', { class: 'flame' });
  const cover = el('div', { class: 'cover' });
  fill(host, flame, cover);
  waiting(cover);

  const chart = new FlameChart(flame, {
    hover: (frame, event) => card.show(model, frame, event),
    select: (frame, beside) => {
      if (!model) return;
      chart.say(`${model.label(frame)}, ${valueText(model.cum[frame], model.header.format)}`);
      if (beside) card.show(model, frame, beside);
    },
    zoom: (frame) => {
      if (!model) return;
      go('flamegraph', { zoom: model.path(frame).join(',') });
    },
    expand: (frame) => model && deepen(model.parent[frame], true),
    menu: (frame, x, y) => {
      const place = model?.placeOf(frame);
      card.show(null, -1);
      if (place) openMenu(actionMenu(place), x, y, chart.canvas);
    },
    key: (key, frame) => actOnKey(key, model?.placeOf(frame)),
  });
  const stopTheme = onTheme((dark) => {
    chart.setDark(dark);
    showTools();
  });

  function showTools() {
    const flip = isOn('flip');
    const inverted = isOn('inverted');
    /** @param {'flip' | 'plus' | 'minus' | 'fit'} name @param {string} label @param {() => void} onclick @param {boolean} [pressed] */
    const button = (name, label, onclick, pressed) => el('button', {
      class: 'button only-icon', type: 'button', title: label, 'aria-label': label, onclick,
      ...(pressed === undefined ? {} : { 'aria-pressed': pressed }),
    }, icon(name));
    const steps = [[10, 1], [4, 2], [1, 1], [2, 4], [1, 10]];
    fill(page.tools,
      model?.comparison && el('span', { class: 'legend' }, 'less',
        steps.map(([before, after]) => el('i', { class: 'swatch', style: { background: changeColour(before, after, isDark()) } })), 'more'),
      el('button', { class: 'button', type: 'button', 'aria-pressed': inverted, title: 'Begin with the functions that use the resources, callers below them',
        onclick: () => go('flamegraph', { inverted: inverted ? '' : 't' }) }, icon('invert'), 'Inverted'),
      button('flip', 'Root at the bottom', () => go('flamegraph', { flip: flip ? '' : 't' }), flip),
      button('minus', 'Zoom out (−)', () => chart.key('-')),
      button('plus', 'Zoom in (+)', () => chart.key('+')),
      button('fit', 'Show everything (Esc)', () => chart.key('0')),
    );
  }

  /** Parameters that need no new answer. */
  const LOCAL = ['zoom', 'q', 'flip', 'order', 'pivot', 'p'];
  const question = () => {
    const params = new URLSearchParams(state().params);
    LOCAL.forEach((name) => params.delete(name));
    return params.toString();
  };

  async function load() {
    asked = question();
    const data = /** @type {FlameData} */ (await ask('flamegraph', {}, signal));
    if (question() !== asked) return;
    model = new FlameModel(data);
    deepened = new Set();
    if (model.total === 0) {
      notice(cover, 'No samples', 'Nothing in this profile passes the filters, or all values of this sample type are zero.');
      cover.hidden = false;
    } else {
      fill(cover);
      cover.hidden = true;
    }
    chart.show(model);
    flame.dataset.frames = String(model.count);
  }

  /**
   * Asks for the frames below one that were too light to be in the first answer.
   * @param {number} frame
   * @param {boolean} wanted whether people asked for exactly that
   */
  async function deepen(frame, wanted) {
    if (!model || !model.isPruned(frame)) return;
    const path = model.path(frame);
    if (!wanted && deepened.has(path.join())) return;
    deepened.add(path.join());
    const others = () => model && model.below(frame).filter((frame) => model?.isOthers(frame)).map((frame) => model?.place[frame]).join();
    const before = others();
    const frames = frame === 0 ? [MANY_FRAMES] : wanted ? ['', MANY_FRAMES] : [''];
    for (const n of frames) {
      const data = /** @type {FlameData} */ (await ask('flamegraph', { path: path.join(','), ...(n ? { n } : {}) }, signal));
      if (!model || question() !== asked) return;
      model.graft(path, data);
      if (others() !== before) break;
    }
    flame.dataset.frames = String(model.count);
    const found = model.follow(path);
    chart.hovered = -1;
    chart.refresh();
    mark();
    if (wanted) {
      chart.zoomTo(found);
      if (others() === before) toast('These frames are too light to be shown one by one. Focus on something to see more.');
    }
  }

  function zoom() {
    if (!model) return;
    const path = param('zoom').split(',').filter(Boolean).map(Number);
    const frame = model.follow(path);
    if (chart.zoomed !== frame || path.length === 0) chart.zoomTo(frame, flame.dataset.ready === 'true');
    flame.dataset.ready = 'true';
    if (frame > 0) deepen(frame, false).catch(tell);
  }

  let marking = '';
  /** @type {Set<string>} */
  let labels = new Set();
  function mark() {
    model?.mark(marking ? (label) => labels.has(label) : null);
    chart.redraw();
  }

  async function search() {
    const q = param('q');
    if (q !== marking || q) {
      marking = q;
      labels = new Set();
      if (q) {
        const matches = await searchText(page, q, signal);
        if (param('q') !== q) return;
        labels = new Set(matches?.labels ?? []);
        if (!matches) marking = '';
      } else page.found(null);
    }
    mark();
  }

  /** @param {unknown} error */
  function tell(error) {
    if (signal.aborted) return;
    cover.hidden = false;
    page.found(null);
    failed(cover, error);
  }

  async function show() {
    chart.setUpwards(isOn('flip'));
    if (question() !== asked) {
      await load();
      flame.dataset.ready = 'false';
    }
    zoom();
    showTools();
    await search();
  }

  await show().catch(tell);
  return {
    update: () => {
      card.show(null, -1);
      show().catch(tell);
      return true;
    },
    key: (key) => {
      if (document.activeElement === document.body) chart.canvas.focus();
      return chart.key(key);
    },
    remove: () => {
      stopTheme();
      card.remove();
      chart.remove();
    },
  };
}
