// @ts-check
/** The page of the store: pickers, the timeline, and below it the page of the merged profile. */

import { el, fill, icon } from './dom.js';
import { ask } from './store_api.js';
import { matcherText, matchersText, readState, USUAL_VIEW, writeState } from './store_state.js';
import { duration, spanText, timeline } from './store_timeline.js';
import { isDark, toggleTheme, onTheme } from './theme.js';

/** @typedef {import('./store_state.js').State} State */
/** @typedef {import('./store_state.js').Span} Span */
/** @typedef {import('./store_state.js').Matcher} Matcher */
/** @typedef {import('./store_api.js').ProfileType} ProfileType */

/** Ranges of time that are offered, and their names. @type {[string, string][]} */
const RANGES = [['-15m', 'last 15 minutes'], ['-1h', 'last hour'], ['-6h', 'last 6 hours'], ['-24h', 'last day'], ['-7d', 'last 7 days'], ['-30d', 'last 30 days']];
/** Times between two looks, in seconds. @type {[number, string][]} */
const REFRESH = [[0, 'by hand'], [10, 'every 10 s'], [60, 'every minute']];
/** Bars of the timeline, about. */
const BARS = 240;
/** So often the page below is asked where it is, in milliseconds. */
const LOOK = 500;
const OPERATORS = ['=', '!=', '=~', '!~'];
const SERVICE = 'service';

/** @type {State} */
let state = readState();
/** @type {ProfileType[]} */
let types = [];
let running = new AbortController();
let isComparing = false;
let timer = 0;

const axis = timeline({
  pick: (span, isBase) => {
    if (isBase) change({ base: span });
    else change({ picked: span });
    if (isBase) setComparing(false);
  },
  label: (labels) => {
    const matchers = state.matchers.filter((matcher) => !(matcher.name in labels));
    for (const [name, value] of Object.entries(labels)) matchers.push({ name, operator: '=', value });
    change({ matchers, by: '' });
  },
});

const service = el('select', { 'aria-label': 'Service', onchange: () => {
  const others = state.matchers.filter((matcher) => !isService(matcher));
  change({ matchers: service.value ? [{ name: SERVICE, operator: '=', value: service.value }, ...others] : others });
} });
const type = el('select', { 'aria-label': 'Type of profile', onchange: () => change({ type: type.value }) });
const range = el('select', { 'aria-label': 'Range of time', onchange: () => {
  if (range.value === 'custom') showCustom(true);
  else change({ from: range.value, to: 'now', picked: null, base: null });
} });
const from = el('input', { class: 'text', type: 'datetime-local', 'aria-label': 'From', step: 1 });
const to = el('input', { class: 'text', type: 'datetime-local', 'aria-label': 'To', step: 1 });
const custom = el('form', { class: 'custom', hidden: true, onsubmit: (/** @type {Event} */ event) => {
  event.preventDefault();
  const [start, end] = [from, to].map((input) => new Date(input.value).getTime());
  if (start < end) change({ from: String(start), to: String(end), picked: null, base: null });
} }, from, '–', to, el('button', { class: 'button bordered' }, 'Show'));
const by = el('select', { 'aria-label': 'A bar for each value of', onchange: () => change({ by: by.value }) });
const refresh = el('select', { 'aria-label': 'Look again', onchange: schedule }, ...REFRESH.map(([value, name]) => el('option', { value: String(value) }, name)));
const chips = el('div', { class: 'chips' });
const labelNames = el('datalist', { id: 'label-names' });
const labelValues = el('datalist', { id: 'label-values' });
const addName = el('input', { class: 'text', placeholder: 'label', 'aria-label': 'Name of a label', onchange: completeValues });
addName.setAttribute('list', 'label-names');
const addOperator = el('select', { 'aria-label': 'How it is compared' }, ...OPERATORS.map((text) => el('option', {}, text)));
const addValue = el('input', { class: 'text', placeholder: 'value', 'aria-label': 'Value of the label' });
addValue.setAttribute('list', 'label-values');
const adder = el('form', { class: 'adder', hidden: true, onsubmit: (/** @type {Event} */ event) => {
  event.preventDefault();
  if (!addName.value.trim()) return;
  const matcher = { name: addName.value.trim(), operator: addOperator.value, value: addValue.value };
  change({ matchers: [...state.matchers, matcher] });
  addName.value = addValue.value = '';
  adder.hidden = true;
} }, addName, addOperator, addValue, el('button', { class: 'button bordered' }, 'Add'), labelNames, labelValues);
const addButton = el('button', { class: 'button', type: 'button', onclick: () => {
  adder.hidden = !adder.hidden;
  if (!adder.hidden) addName.focus();
} }, icon('filter'), 'Label');
const compare = el('button', { class: 'button', type: 'button', title: 'The next range that is dragged is what this is compared with', 'aria-pressed': 'false',
  onclick: () => setComparing(!isComparing) }, 'Compare');
const theme = el('button', { class: 'button only-icon', type: 'button', title: 'Light or dark', 'aria-label': 'Light or dark', onclick: () => toggleTheme() });
const again = el('button', { class: 'button', type: 'button', title: 'Look again', onclick: () => void load() }, 'Reload');
const status = el('div', { class: 'state', role: 'status' });
const main = el('main', { class: 'main', 'aria-label': 'Profile' });
/** @type {HTMLIFrameElement | null} */
let frame = null;
let shown = '';

document.body.append(
  el('header', { class: 'top' },
    el('h1', { class: 'brand' }, 'hotlist'), service, type, chips, addButton, adder, el('span', { class: 'grow' }),
    el('label', { class: 'field' }, 'by', by), range, custom, refresh, again, theme),
  axis.element, status, main);
onTheme(() => fill(theme, icon(isDark() ? 'sun' : 'moon')));
// The page below has a switch of its own.
addEventListener('storage', () => location.reload());
addEventListener('popstate', () => { state = readState(); void load(); });
setInterval(followView, LOOK);
void load();

/** @param {Matcher} matcher */
function isService({ name, operator }) {
  return name === SERVICE && operator === '=';
}

/** Looks at something else. @param {Partial<State>} changes */
function change(changes) {
  state = { ...state, ...changes };
  writeState(state, 'push');
  void load();
}

/** @param {boolean} now */
function setComparing(now) {
  isComparing = now;
  compare.setAttribute('aria-pressed', String(now));
  axis.compare(now);
  showStatus(lastAnswer);
}

/** @param {boolean} isShown */
function showCustom(isShown) {
  custom.hidden = !isShown;
  if (!isShown || from.value) return;
  const local = (/** @type {number} */ time) => new Date(time - new Date(time).getTimezoneOffset() * 6e4).toISOString().slice(0, 19);
  [from.value, to.value] = [local(Date.now() - 36e5), local(Date.now())];
}

function schedule() {
  clearInterval(timer);
  const seconds = Number(refresh.value);
  if (seconds > 0) timer = setInterval(() => { if (!document.hidden && state.to === 'now') void load(); }, seconds * 1000);
}

/** The selector of what is looked at. */
function selector() {
  return `${state.type}${matchersText(state.matchers)}`;
}

/** @type {import('./store_api.js').Timeline | null} */
let lastAnswer = null;

/** Asks for everything anew. */
async function load() {
  running.abort();
  running = new AbortController();
  const { signal } = running;
  const when = { from: state.from, to: state.to };
  try {
    const [services, found, names] = await Promise.all([
      ask(`labels/${SERVICE}/values`, when, signal), ask('types', when, signal),
      ask('labels', { ...when, match: matchersText(state.matchers) }, signal),
    ]);
    types = found.types;
    fillPickers(services.values, names.names);
    if (types.length === 0) {
      lastAnswer = null;
      axis.show(null, null, null);
      showStatus(null);
      showNothing();
      return;
    }
    const step = Math.max(Math.ceil((await span(when)) / BARS / 1e4) * 10, 10);
    const answer = await ask('query_range', { q: selector(), ...when, step: String(step), by: state.by }, signal);
    lastAnswer = answer;
    axis.show(answer, state.picked, state.base);
    showStatus(answer);
    showProfile(answer);
  } catch (error) {
    if (signal.aborted) return;
    showNotice('This cannot be shown', [error instanceof Error ? error.message : String(error)]);
  }
}

/** How long the range of time is, in milliseconds. @param {{from: string, to: string}} when */
async function span(when) {
  const units = /** @type {Record<string, number>} */ ({ m: 6e4, h: 36e5, d: 864e5 });
  const relative = /^-(\d+)([mhd])$/.exec(when.from);
  if (relative) return Number(relative[1]) * units[relative[2]];
  return Math.max(Number(when.to === 'now' ? Date.now() : when.to) - Number(when.from), 0) || 36e5;
}

/** @param {string[]} services @param {string[]} names */
function fillPickers(services, names) {
  const chosen = state.matchers.find(isService)?.value ?? '';
  const option = (/** @type {string} */ value, /** @type {string} */ name) => el('option', { value }, name);
  if (chosen && !services.includes(chosen)) services = [chosen, ...services];
  fill(service, option('', services.length === 1 ? 'all services (1)' : `all services (${services.length})`), services.map((name) => option(name, name)));
  service.value = chosen;
  if (!types.some(({ id }) => id === state.type)) {
    const usual = types.find(({ sample_type }) => sample_type === 'cpu') ?? types.find(({ sample_type }) => sample_type === 'inuse_space') ?? types[0];
    const short = types.find(({ name, sample_type }) => [name, sample_type, `${name}:${sample_type}`].includes(state.type));
    state.type = (short ?? usual)?.id ?? state.type;
  }
  fill(type, types.map(({ id, name, sample_type, sample_unit, delta }) =>
    option(id, `${name} · ${sample_type}${sample_unit && sample_unit !== sample_type ? ` (${sample_unit})` : ''}${delta ? ' · change' : ''}`)));
  type.value = state.type;
  const known = RANGES.some(([value]) => value === state.from) && state.to === 'now';
  fill(range, RANGES.map(([value, name]) => option(value, name)), option('custom', 'from … to …'));
  range.value = known ? state.from : 'custom';
  showCustom(!known);
  const labels = names.filter((name) => name !== SERVICE || !chosen);
  fill(by, option('', 'nothing'), labels.map((name) => option(name, name)));
  by.value = labels.includes(state.by) ? state.by : '';
  fill(labelNames, names.map((name) => option(name, name)));
  fill(chips, state.matchers.filter((matcher) => !isService(matcher)).map((matcher) => el('span', { class: 'chip' },
    el('span', { title: matcherText(matcher) }, matcherText(matcher)),
    el('button', { type: 'button', 'aria-label': `Without ${matcherText(matcher)}`, onclick: () => change({ matchers: state.matchers.filter((other) => other !== matcher) }) }, icon('close')))));
}

async function completeValues() {
  fill(labelValues);
  const name = addName.value.trim();
  if (!name) return;
  try {
    const answer = await ask(`labels/${encodeURIComponent(name)}/values`, { from: state.from, to: state.to, match: matchersText(state.matchers) });
    fill(labelValues, answer.values.slice(0, 500).map((/** @type {string} */ value) => el('option', { value }, value)));
  } catch {
    // It can be typed.
  }
}

/** Says what is looked at. @param {import('./store_api.js').Timeline | null} answer */
function showStatus(answer) {
  if (!answer) {
    fill(status);
    return;
  }
  const all = /** @type {Span} */ ([answer.from, answer.to]);
  const count = (/** @type {Span} */ [from, to]) => answer.series.reduce((sum, line) =>
    sum + line.points.reduce((sum, [time, , profiles]) => sum + (time >= from && time < to ? profiles : 0), 0), 0);
  const looked = state.picked ?? all;
  const remove = (/** @type {string} */ name, /** @type {() => void} */ then) => el('button', { type: 'button', 'aria-label': name, title: name, onclick: then }, icon('close'));
  fill(status,
    el('span', { class: state.picked ? 'chip' : 'soft' }, el('span', {}, `${spanText(looked)}, ${duration(looked[1] - looked[0])}, ${count(looked)} profiles`),
      state.picked && remove('All of the time', () => change({ picked: null }))),
    state.base && el('span', { class: 'chip base' }, el('span', {}, `compared with ${spanText(state.base)}, ${count(state.base)} profiles`),
      remove('Compare no more', () => change({ base: null }))),
    compare,
    el('span', { class: 'soft' }, isComparing ? 'Drag the range on the timeline to compare with.' : ''),
    el('span', { class: 'grow' }),
    frame && el('a', { class: 'button', href: frame.src, target: '_blank', rel: 'noopener' }, icon('link'), 'Alone'));
}

/** Shows the merged profile. @param {import('./store_api.js').Timeline} answer */
function showProfile(answer) {
  if (answer.series.every((line) => line.points.length === 0)) {
    shown = '';
    showNotice('Nothing was kept of this', ['No profile fits these labels in this range of time.']);
    return;
  }
  const [from, to] = state.picked ?? [answer.from, answer.to];
  const query = new URLSearchParams({ q: selector(), from: String(from), to: String(to) });
  if (state.base) {
    query.set('base_from', String(state.base[0]));
    query.set('base_to', String(state.base[1]));
  }
  const place = `/view/${encodeURIComponent(query.toString())}/`;
  if (place === shown && frame) return;
  shown = place;
  frame = el('iframe', { title: 'The merged profile', src: `${place}${state.view}` });
  fill(main, frame);
  showStatus(answer);
}

/** Keeps the address true while people walk through the page below. */
function followView() {
  const inner = frame?.contentWindow?.location;
  if (!inner || !shown || !inner.pathname?.startsWith('/view/')) return;
  const place = `${inner.pathname}${inner.search}`;
  const view = place.slice(place.indexOf('/', '/view/'.length) + 1);
  if (view && view !== state.view && /^ui\/[a-z]+/.test(view)) {
    state.view = view === `${USUAL_VIEW}?` ? USUAL_VIEW : view;
    writeState(state, 'replace');
  }
}

/** @param {string} title @param {string[]} lines @param {...Node} more */
function showNotice(title, lines, ...more) {
  frame = null;
  shown = '';
  fill(main, el('div', { class: 'notice' }, el('h2', {}, title), lines.map((line) => el('p', {}, line)), more));
}

function showNothing() {
  const code = (/** @type {string} */ text) => el('pre', {}, text);
  showNotice('No profiles in this range of time', ['Look at a longer range, or send some:'],
    code(`curl --data-binary @cpu.pb.gz '${location.origin}/api/v1/profiles?service=api'`),
    el('p', {}, 'Programs in Rust push by themselves:'),
    code(`hotlist_collect::push_to_hotlist("${location.origin}", "api").start()?;`),
    el('p', {}, 'Programs in Go are asked, by a file that is given with -scrape:'),
    code('scrape_configs:\n  - job_name: api\n    static_configs:\n      - targets: ["127.0.0.1:6060"]'));
}
