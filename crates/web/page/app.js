// @ts-check
/** The page: its frame, which view is in it, and the keys that work everywhere. */

import { answerAddress, askConfigs, askFacts, askIndex, changeConfig, onNotes } from './api.js';
import { controls } from './controls.js';
import { detailsView } from './details_view.js';
import { disasmView } from './disasm_view.js';
import { el, fill, icon } from './dom.js';
import { flameView } from './flame_view.js';
import { graphView } from './graph_view.js';
import { closeMenu, menuButton, openMenu, textEntry, toast } from './menu.js';
import { peekView } from './peek_view.js';
import { sandwichView } from './sandwich_view.js';
import { sourceView } from './source_view.js';
import { VIEWS, address, go, onState, openAddress, param, state } from './state.js';
import { tagsView } from './tags_view.js';
import { onTheme, toggleTheme } from './theme.js';
import { topView } from './top_view.js';
import { failed, waiting } from './view.js';

/** @typedef {import('./state.js').ViewName} ViewName */
/** @typedef {import('./view.js').Page} Page */
/** @typedef {import('./view.js').Shown} Shown */
/** @typedef {import('./menu.js').Entry} Entry */

/** @type {Record<ViewName, import('./view.js').View>} */
const SHOW = {
  flamegraph: flameView, sandwich: sandwichView, graph: graphView, top: topView, peek: peekView,
  source: sourceView, disasm: disasmView, tags: tagsView, details: detailsView,
};

/** What the search box does in each view. @type {Partial<Record<ViewName, string>>} */
const SEARCH_HINTS = {
  flamegraph: 'Search for functions', top: 'Filter by regular expression', peek: 'Functions to peek at',
  source: 'Functions whose source to show', disasm: 'Functions to disassemble', tags: 'Filter tags',
};

const KEYS = [
  ['/', 'Search'], ['1 … 9', 'The views, from left to right'], ['Arrow keys', 'Choose a frame or row'],
  ['Enter', 'Zoom into a frame, open a row'], ['Esc', 'Show everything again'], ['Backspace', 'Zoom out to the caller'],
  ['+ −', 'Zoom'], ['Shift + wheel, drag', 'Move'], ['Ctrl + wheel', 'Zoom at the pointer'], ['m, right click', 'Actions on a frame or row'],
  ['f', 'Focus on it'], ['i', 'Ignore it'], ['h', 'Hide it'], ['r', 'Show from it on'], ['s', 'Its callers and callees'],
  ['o', 'Its source'], ['d', 'Its disassembly'], ['p', 'Its neighbours'], ['c', 'Copy its name'], ['t', 'Dark or light'], ['?', 'These keys'],
];

async function start() {
  const main = el('main', { class: 'main' });
  const tools = el('div', { class: 'tools' });
  document.body.append(main);
  waiting(main);
  /** @type {Page} */
  let page;
  try {
    const [facts, index] = await Promise.all([askFacts(), askIndex()]);
    page = { facts, index, tools, found };
  } catch (error) {
    failed(main, error);
    return;
  }

  const foundText = el('output', { class: 'found', hidden: true });
  /** @param {string | null} text */
  function found(text) {
    foundText.hidden = text === null;
    foundText.textContent = text ?? '';
    foundText.title = text ?? '';
  }

  const search = el('input', { type: 'search', spellcheck: false, autocomplete: 'off', 'aria-label': 'Search', value: param('q'), maxLength: 4000 });
  let typing = 0;
  const searchNow = () => {
    clearTimeout(typing);
    if (search.value !== param('q')) go(state().view, { q: search.value }, { replace: param('q') !== '' });
  };
  search.addEventListener('input', () => {
    clearTimeout(typing);
    typing = setTimeout(searchNow, search.value === '' ? 0 : 250);
  });
  search.addEventListener('keydown', (event) => {
    if (event.key === 'Enter') searchNow();
    if (event.key === 'Escape') search.blur();
  });

  const theme = el('button', { class: 'button only-icon', type: 'button', onclick: toggleTheme });
  onTheme((dark) => {
    const label = dark ? 'Light colours (t)' : 'Dark colours (t)';
    fill(theme, icon(dark ? 'sun' : 'moon'));
    theme.title = label;
    theme.setAttribute('aria-label', label);
  });

  const types = el('button', { class: 'button', type: 'button', title: 'What is summed' });
  menuButton(types, () => {
    const now = sampleType(page);
    return page.facts.sample_types.map((type, row) => ({
      label: type.kind, hint: type.unit, checked: row === now,
      run: () => go(state().view, { si: row === page.facts.default_sample_type ? '' : type.kind }),
    }));
  });

  const configs = el('button', { class: 'button only-icon', type: 'button', title: 'Saved configurations', 'aria-label': 'Saved configurations' }, icon('bookmark'));
  menuButton(configs, () => configMenu());
  const downloads = el('button', { class: 'button only-icon', type: 'button', title: 'Download', 'aria-label': 'Download' }, icon('download'));
  menuButton(downloads, () => downloadMenu(page));
  const keys = el('button', { class: 'button only-icon keys-button', type: 'button', title: 'Keys (?)', 'aria-label': 'Keys', onclick: () => showKeys(keys) }, icon('keyboard'));

  const tabs = el('nav', { class: 'tabs', 'aria-label': 'Views' });
  const header = el('header', { class: 'top' },
    el('a', { class: 'brand', href: 'flamegraph', title: 'Start over', onclick: (/** @type {MouseEvent} */ event) => {
      if (event.ctrlKey || event.metaKey || event.shiftKey) return;
      event.preventDefault();
      openAddress('flamegraph');
    } }, el('img', { src: '../assets/icon.svg', alt: '', width: 20, height: 20 }), 'hotlist'),
    el('div', { class: 'subject' }, el('span', { class: 'subject-name', title: page.facts.name }, page.facts.name), types),
    el('div', { class: 'grow' }),
    foundText,
    el('div', { class: 'search' }, icon('search'), search),
    el('div', { class: 'top-buttons' }, configs, downloads, keys, theme));
  document.body.prepend(header, el('div', { class: 'bar' }, tabs, tools), controls(page));

  /** @type {Shown | void} */
  let shown;
  let stop = new AbortController();
  /** @type {ViewName | ''} */
  let view = '';

  async function show() {
    const now = state().view;
    document.title = `${page.facts.name} · ${VIEWS.find(([name]) => name === now)?.[1]} · hotlist`;
    if (document.activeElement !== search) search.value = param('q');
    search.placeholder = SEARCH_HINTS[now] ?? 'Search';
    fill(types, page.facts.sample_types[sampleType(page)]?.kind ?? 'nothing', icon('down'));
    fill(tabs, VIEWS.map(([name, title]) => el('a', {
      class: 'tab', href: address(name), ...(name === now ? { 'aria-current': 'page' } : {}),
      onclick: (/** @type {MouseEvent} */ event) => {
        if (event.ctrlKey || event.metaKey || event.shiftKey) return;
        event.preventDefault();
        go(name);
      },
    }, title)));
    /** @type {HTMLElement | null} */ (tabs.querySelector('[aria-current]'))?.scrollIntoView({ inline: 'nearest', block: 'nearest' });
    if (view === now && shown?.update?.()) return;
    stop.abort();
    shown?.remove?.();
    shown = undefined;
    stop = new AbortController();
    const { signal } = stop;
    if (view !== now) {
      fill(tools);
      found(null);
    }
    view = now;
    main.dataset.view = now;
    try {
      const next = await SHOW[now](main, page, signal);
      if (signal.aborted) next?.remove?.();
      else shown = next;
    } catch (error) {
      if (!signal.aborted) failed(main, error);
    }
  }

  onState(() => {
    closeMenu();
    show();
  });
  let told = '';
  onNotes((notes) => {
    const text = notes.join('\n');
    if (text !== told) notes.slice(0, 2).forEach(toast);
    told = text;
  });
  addEventListener('keydown', (event) => {
    const target = /** @type {HTMLElement} */ (event.target);
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || target.closest('input, textarea, .menu')) return;
    const digit = '123456789'.indexOf(event.key);
    if (event.key === '/') {
      search.focus();
      search.select();
    } else if (event.key === '?') showKeys(keys);
    else if (event.key === 't') toggleTheme();
    else if (digit >= 0) go(VIEWS[digit][0]);
    else if (target.closest('button, a, summary') && event.key === 'Enter') return;
    else if (!shown?.key?.(event.key)) return;
    event.preventDefault();
  });
  // pprof's addresses of flame graphs name the functions to pivot at.
  if (state().view === 'flamegraph' && param('p')) go('sandwich', { p: param('p') }, { replace: true });
  else await show();
}

/** The row of the sample type that is summed. @param {Page} page */
function sampleType(page) {
  const { facts } = page;
  const asked = param('si');
  if (asked === '') return facts.default_sample_type;
  const number = /^\d+$/.test(asked) ? Number(asked) : -1;
  const row = facts.sample_types.findIndex((type, row) => type.kind === asked || row === number || type.kind === asked.replace(/^inuse_/, ''));
  return row < 0 ? facts.default_sample_type : row;
}

/** @returns {Promise<Entry[]>} */
async function configMenu() {
  /** @param {Promise<void>} change @param {string} done */
  const tell = (change, done) => change.then(() => toast(done), (error) => toast(error.message));
  let list;
  try {
    list = await askConfigs();
  } catch (error) {
    return [{ title: /** @type {Error} */ (error).message }];
  }
  /** The address with these parameters in place of all that can be saved. @param {Record<string, string>} parameters */
  const withParameters = (parameters) => {
    const params = new URLSearchParams();
    for (const name of ['si', 'q']) if (param(name)) params.set(name, param(name));
    for (const [name, value] of Object.entries(parameters)) params.set(name, value);
    return `${state().view}?${params}`;
  };
  /** @param {Record<string, string>} parameters */
  const isCurrent = (parameters) => {
    const now = new URLSearchParams(withParameters(parameters).split('?')[1]);
    const is = new URLSearchParams(state().params);
    for (const name of ['zoom', 'order', 'pivot']) is.delete(name);
    now.sort();
    is.sort();
    return now.toString() === is.toString();
  };
  return [
    { title: 'Configurations' },
    { label: 'Default', checked: isCurrent({}), run: () => openAddress(withParameters({})) },
    ...list.map((config) => ({ label: config.name, checked: isCurrent(config.parameters), run: () => openAddress(withParameters(config.parameters)) })),
    'line',
    textEntry('Name of these settings', 'Save', (name) => tell(changeConfig('saveconfig', name), `Saved as ${name}`)),
    ...(list.length === 0 ? [] : [/** @type {Entry} */ ('line'), { title: 'Delete' },
      ...list.map((config) => ({ label: `Delete ${config.name}`, run: () => tell(changeConfig('deleteconfig', config.name), `Deleted ${config.name}`) }))]),
  ];
}

/** @param {Page} page @returns {Entry[]} */
function downloadMenu(page) {
  const { view } = state();
  const drawings = new Map(page.index.drawings.map((drawing) => [drawing.name, drawing]));
  /** What each view is, as a report. @type {Record<ViewName, string>} */
  const reports = { flamegraph: 'flamegraph', sandwich: 'flamegraph', graph: 'dot', top: 'top', peek: 'peek', source: 'list', disasm: 'disasm', tags: 'tags', details: 'comments' };
  const report = reports[view];
  const shapes = { flamegraph: 'flame', dot: 'graph', top: 'table', peek: 'neighbours', list: 'listing', tags: 'tags', disasm: 'assembly', comments: 'notes' };
  const shape = shapes[/** @type {keyof typeof shapes} */ (report)];
  const q = param('q') || param('f');
  /** @param {string} report @param {string} drawing @param {string} label @returns {Entry} */
  const file = (report, drawing, label) => ({ label, href: answerAddress(`${report}/${drawing}`, q && ['peek', 'list', 'disasm'].includes(report) ? { q } : report === 'flamegraph' ? { flip: param('flip') } : {}), download: `${report}.${drawing}` });
  const names = { text: 'Text', json: 'JSON', csv: 'CSV', svg: 'SVG', png: 'PNG', pdf: 'PDF', html: 'Page (HTML)', dot: 'Graphviz (dot)', folded: 'Folded stacks' };
  const ofView = Object.entries(names).filter(([name]) => drawings.get(name)?.shapes.includes(shape)).map(([name, label]) => file(report, name, label));
  const canvas = /** @type {HTMLCanvasElement | null} */ (document.querySelector('.flame-canvas'));
  return [
    { title: 'This view' }, ...ofView,
    ...(canvas ? [{ label: 'Picture as it is now (PNG)', run: () => savePicture(canvas) }] : []),
    'line', { title: 'Profile' },
    { label: 'As loaded', hint: 'pb.gz', href: 'download', download: 'profile.pb.gz' },
    file('proto', 'proto', 'What the filters leave'), file('traces', 'folded', 'Folded stacks'),
  ];
}

/** @param {HTMLCanvasElement} canvas */
function savePicture(canvas) {
  // The canvas is transparent where there is no frame.
  const copy = el('canvas', { width: canvas.width, height: canvas.height });
  const context = copy.getContext('2d');
  if (!context) return;
  context.fillStyle = getComputedStyle(document.body).backgroundColor;
  context.fillRect(0, 0, copy.width, copy.height);
  context.drawImage(canvas, 0, 0);
  copy.toBlob((blob) => {
    if (!blob) return;
    const url = URL.createObjectURL(blob);
    el('a', { href: url, download: 'flamegraph.png' }).click();
    setTimeout(() => URL.revokeObjectURL(url), 10_000);
  });
}

/** @param {HTMLElement} opener */
function showKeys(opener) {
  const box = opener.getBoundingClientRect();
  openMenu([{ title: 'Keys' }, { content: el('table', { class: 'keys' }, KEYS.map(([key, meaning]) =>
    el('tr', {}, el('th', {}, el('kbd', {}, key)), el('td', {}, meaning)))) }], box.right - 320, box.bottom + 4, opener);
}

start();
