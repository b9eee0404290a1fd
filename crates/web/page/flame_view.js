// @ts-check
/** The flame graph. */

import { ask, answerAddress, questionText } from './api.js';
import { actOnKey, actionMenu } from './actions.js';
import { changeColour, groupColour, packageOf } from './colour.js';
import { COLLAPSE, SIGNIFICANT, isWantedChange, toggleButton } from './controls.js';
import { el, fill, icon } from './dom.js';
import { FlameCard } from './flame_card.js';
import { FlameChart } from './flame_chart.js';
import { FlameModel } from './flame_model.js';
import { percentText, valueText } from './format.js';
import { openMenu, toast } from './menu.js';
import { pictureOf } from './picture.js';
import { searchText } from './search.js';
import { go, isOn, param, state, toggled, values } from './state.js';
import { isDark, onTheme } from './theme.js';
import { askVerdicts } from './verdicts.js';
import { csv, failed, keep, notice, waiting } from './view.js';

/** @typedef {import('./flame_model.js').FlameData} FlameData */
/** @typedef {import('./view.js').View} View */

/** Frames in one more answer when those of the first are not enough. */
const MANY_FRAMES = '60000';
/** Packages in the legend. */
const MOST_PACKAGES = 24;

/** @type {View} */
export async function flameView(host, page, signal) {
  /** @type {FlameModel | null} */
  let model = null;
  /** @type {import('./verdicts.js').Verdicts | null} */
  let verdicts = null;
  let asked = 'nothing yet';
  /** Paths below which everything was fetched that there is room for. @type {Set<string>} */
  let deepened = new Set();
  const isShared = state().view === 'both';
  const card = new FlameCard();
  const flame = el('div', { class: 'flame' });
  const legend = el('div', { class: 'packages', role: 'group', 'aria-label': 'Packages, by their colour' });
  const cover = el('div', { class: 'cover' });
  const summary = el('div', { class: 'verdict-summary', hidden: true });
  const heading = el('h2', { class: 'visually-hidden' }, 'Flame graph');
  fill(host, heading, summary, legend, flame, cover);
  waiting(cover);

  const chart = new FlameChart(flame, {
    hover: (frame, event) => tellOf(frame, event),
    tap: (frame, event) => tellOf(frame, event),
    select: (frame, beside) => {
      if (!model) return;
      chart.say(`${model.label(frame)}, ${valueText(model.cum[frame], model.header.format)}`);
      if (beside) tellOf(frame, beside);
    },
    zoom: (frame) => {
      if (!model) return;
      const key = model.placeOf(frame)?.key ?? '';
      go(state().view, { zoom: model.path(frame).join(','), ...(isShared ? { sel: key } : {}) });
    },
    expand: (frame) => model && deepen(model.parent[frame], true).catch(tell),
    menu: (frame, x, y) => {
      const place = model?.placeOf(frame);
      card.show(null, -1);
      if (place) openMenu(actionMenu(/** @type {import('./api.js').Place} */ (place)), x, y, chart.canvas);
    },
    key: (key, frame) => actOnKey(key, /** @type {import('./api.js').Place | undefined} */ (model?.placeOf(frame))),
  });
  /** What verdicts there are, and what their colours mean. */
  function showSummary() {
    summary.hidden = !verdicts;
    fill(summary, verdicts?.summary(), verdicts?.legend());
  }

  /** @param {number} frame @param {{clientX: number, clientY: number}} [event] */
  function tellOf(frame, event) {
    card.show(model, frame, event, model && frame >= 0 && verdicts ? verdicts.card(model, frame) : null);
  }

  const stopTheme = onTheme((dark) => {
    chart.setDark(dark);
    showTools();
    showLegend();
    showSummary();
  });

  function showTools() {
    const inverted = isOn('inverted');
    /** @param {'plus' | 'minus' | 'fit'} name @param {string} label @param {string} key */
    const button = (name, label, key) => el('button', { class: 'button only-icon', type: 'button', title: label, 'aria-label': label, onclick: () => chart.key(key) }, icon(name));
    const steps = [[10, 1], [4, 2], [1, 1], [2, 4], [1, 10]];
    fill(page.tools,
      model?.comparison && !verdicts && el('span', { class: 'legend' }, 'less',
        steps.map(([before, after]) => el('i', { class: 'swatch', style: { background: changeColour(before, after, isDark()) } })), 'more'),
      el('button', { class: 'button', type: 'button', 'aria-pressed': String(inverted), title: 'Begin with the functions that use the resources, callers below them',
        onclick: () => go(state().view, { inverted: inverted ? '' : 't' }) }, icon('invert'), 'Inverted'),
      toggleButton('collapse', 'collapse', COLLAPSE),
      toggleButton('flip', 'flip', 'Root at the bottom'),
      button('minus', 'Zoom out (−)', '-'), button('plus', 'Zoom in (+)', '+'), button('fit', 'Show everything (Esc)', '0'),
    );
  }

  /** The packages of what is shown by their own weight, each a button that filters. */
  function showLegend() {
    legend.hidden = !model || model.comparison || model.total === 0;
    if (!model || legend.hidden) return;
    /** @type {Map<string, {weight: number, place: import('./colour.js').Place}>} */
    const groups = new Map();
    for (let frame = 1; frame < model.count; frame++) {
      const place = model.placeOf(frame);
      const name = place?.function ? packageOf(place.function) : '';
      if (!place || name === '' || model.flat[frame] === 0) continue;
      const group = groups.get(name);
      if (group) group.weight += model.flat[frame];
      else groups.set(name, { weight: model.flat[frame], place });
    }
    const only = values('pkg');
    const hidden = values('nopkg');
    const { total } = model.header;
    const heaviest = [...groups].sort((a, b) => b[1].weight - a[1].weight).slice(0, MOST_PACKAGES);
    fill(legend, heaviest.map(([name, { weight, place }]) => {
      const isOnly = only.includes(name);
      const button = el('button', { class: 'package', type: 'button', 'aria-pressed': String(isOnly),
        title: `${name}: ${percentText(weight, total)} by itself. A click keeps samples through it, Alt with a click or the right button hides it.`,
        onclick: (/** @type {MouseEvent} */ event) => go(state().view, event.altKey ? toggled('nopkg', name) : toggled('pkg', name)) },
        el('i', { class: 'dot', style: { background: groupColour(place, isDark()) } }), name, el('span', { class: 'soft' }, percentText(weight, total)));
      button.addEventListener('contextmenu', (event) => {
        event.preventDefault();
        openMenu([{ title: name },
          { label: isOnly ? 'Samples of other packages too' : 'Only samples through it', run: () => go(state().view, toggled('pkg', name)) },
          { label: hidden.includes(name) ? 'Show its frames' : 'Hide its frames', run: () => go(state().view, toggled('nopkg', name)) }], event.clientX, event.clientY, button);
      });
      return button;
    }));
  }

  async function load() {
    asked = questionText();
    const [data, said] = await Promise.all([/** @type {Promise<FlameData>} */ (ask('flamegraph', {}, signal)), askVerdicts(page, signal)]);
    if (questionText() !== asked) return;
    model = new FlameModel(data);
    verdicts = said;
    chart.verdictOf = said && ((frame) => model && said.ofFrame(model, frame));
    showSummary();
    deepened = new Set();
    if (model.total === 0) {
      notice(cover, 'No samples', 'Nothing in this profile passes the filters, or all values of this sample type are zero.');
      cover.hidden = false;
    } else {
      fill(cover);
      cover.hidden = true;
    }
    showLegend();
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
    const summedUp = () => model?.below(model.follow(path)).filter((below) => model?.isOthers(below)).reduce((sum, below) => sum - 1 - (model?.place[below] ?? 0), 0) ?? 0;
    const before = summedUp();
    for (const n of wanted ? [MANY_FRAMES] : ['']) {
      const data = /** @type {FlameData} */ (await ask('flamegraph', { path: path.join(','), ...(n ? { n } : {}) }, signal));
      if (!model || questionText() !== asked) return;
      model.graft(path, data);
    }
    flame.dataset.frames = String(model.count);
    const found = model.follow(path);
    chart.hovered = -1;
    chart.refresh();
    await mark();
    if (wanted) {
      chart.zoomTo(found);
      const left = summedUp();
      if (left > 0) toast(left < before ? `The heaviest are here; ${left} are too light to be shown one by one.` : 'These frames are too light to be shown one by one. Focus on something to see more.');
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
  let keys = new Set();
  async function mark() {
    if (!model) return;
    if (!marking) {
      model.mark(null);
      page.hits(null);
      chart.redraw();
      return;
    }
    const pruned = model.isPruned(0);
    const test = (/** @type {import('./colour.js').Place} */ place) => keys.has(place.key ?? '');
    model.mark(test);
    chart.redraw();
    if (pruned) {
      const below = await marksBelow();
      if (!model || !marking || !below) return;
      model.mark(test, below);
      chart.redraw();
    }
    const found = model.found();
    page.hits({ count: found.length, go: (index) => chart.goTo(found[index]) });
  }

  /** How much of what was summed up passes the search, by the path of the frame above it. */
  async function marksBelow() {
    const [q, question] = [marking, asked];
    /** @type {Map<string, number>} */
    const below = new Map();
    for (const path of ['', ...deepened].slice(0, 8)) {
      const data = /** @type {FlameData} */ (await ask('flamegraph', { marks: q, ...(path ? { path } : {}) }, signal));
      if (marking !== q || asked !== question) return null;
      const other = new FlameModel(data);
      for (const [row, weight] of data.frames.marked ?? []) below.set(other.path(other.parent[row]).join(), weight);
    }
    return below;
  }

  async function search() {
    const q = param('q');
    if (q !== marking || q) {
      marking = q;
      keys = new Set();
      if (q) {
        const matches = await searchText(page, q, signal);
        if (param('q') !== q) return;
        keys = new Set(matches?.keys ?? []);
        if (!matches) marking = '';
      } else page.found(null);
    }
    await mark();
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
    if (questionText() !== asked) {
      await load();
      flame.dataset.ready = 'false';
    }
    chart.picked = param('sel');
    chart.faint = faint();
    chart.redraw();
    zoom();
    showTools();
    await search();
  }

  /** Which frames are not among those that people want to see. */
  function faint() {
    const change = param('change');
    if (!model?.comparison || !change) return null;
    if (change !== SIGNIFICANT) return (/** @type {number} */ frame) => !model || !isWantedChange(model.baseCum[frame], model.cum[frame]);
    if (!verdicts) return null;
    // Frames may still come; then this is worked out anew.
    let [known, kept] = [model.count, verdicts.significant(model)];
    return (/** @type {number} */ frame) => {
      if (model && verdicts && model.count !== known) [known, kept] = [model.count, verdicts.significant(model)];
      return kept[frame] !== 1;
    };
  }

  /** The frames that are in view, as a table. */
  function frames() {
    if (!model) return [];
    const { comparison } = model;
    /** @type {(string | number)[][]} */
    const rows = [['frame', 'depth', 'parent', ...(comparison ? ['before_total', 'after_total', 'before_self', 'after_self'] : ['total', 'self'])]];
    for (let frame = chart.zoomed; frame < model.end[chart.zoomed]; frame++) {
      rows.push([model.label(frame), model.depth[frame], model.label(model.parent[frame]),
        ...(comparison ? [model.baseCum[frame], model.cum[frame], model.baseFlat[frame], model.flat[frame]] : [model.cum[frame], model.flat[frame]])]);
    }
    return rows;
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
    files: () => {
      const path = param('zoom');
      return [
        { label: 'Frames (CSV)', run: () => keep(csv(frames()), 'flamegraph.csv', 'text/csv') },
        { label: 'Frames (JSON)', href: answerAddress('flamegraph/json', { path }), download: 'flamegraph.json' },
        { label: 'Page with all frames (HTML)', href: answerAddress('flamegraph/html', { flip: param('flip') }), download: 'flamegraph.html' },
      ];
    },
    picture: () => pictureOf([{ chart }], 'flamegraph'),
    remove: () => {
      stopTheme();
      card.remove();
      chart.remove();
    },
  };
}
