// @ts-check
/** The page: its frame, which view is in it, and the keys that work everywhere. */

import { copyText } from './actions.js';
import { answerAddress, askConfigs, askFacts, askIndex, changeConfig, onNotes } from './api.js';
import { bothView } from './both_view.js';
import { controls } from './controls.js';
import { detailsView } from './details_view.js';
import { disasmView } from './disasm_view.js';
import { el, fill, icon } from './dom.js';
import { flameView } from './flame_view.js';
import { graphView } from './graph_view.js';
import { closeMenu, confirmFirst, isMenuOpen, menuButton, openMenu, textEntry, toast } from './menu.js';
import { chooseFiles, openDropped } from './open_file.js';
import { peekView } from './peek_view.js';
import { copyPicture, keepPng, keepSvg, printable } from './picture.js';
import { sandwichView } from './sandwich_view.js';
import { HitSteps } from './search.js';
import { sourceView } from './source_view.js';
import { SHOWN_ONLY, VIEWS, go, isForBrowser, linkTo, onState, openAddress, param, state } from './state.js';
import { tagsView } from './tags_view.js';
import { onTheme, toggleTheme } from './theme.js';
import { timeAxis } from './time_axis.js';
import { topView } from './top_view.js';
import { failed, waiting } from './view.js';

/** @typedef {import('./state.js').ViewName} ViewName */
/** @typedef {import('./view.js').Page} Page */
/** @typedef {import('./view.js').Shown} Shown */
/** @typedef {import('./menu.js').Entry} Entry */

/** @type {Record<ViewName, import('./view.js').View>} */
const SHOW = {
  flamegraph: flameView, both: bothView, sandwich: sandwichView, graph: graphView, top: topView, peek: peekView,
  source: sourceView, disasm: disasmView, tags: tagsView, details: detailsView,
};

/** What the search box does in each view. @type {Partial<Record<ViewName, string>>} */
const SEARCH_HINTS = {
  flamegraph: 'Search for functions', both: 'Search for functions', top: 'Filter by regular expression', tags: 'Filter tags',
};
/** What it does in views of chosen places: while nothing is chosen, and in what was pointed at. @type {Partial<Record<ViewName, [string, string]>>} */
const CHOOSING_HINTS = {
  peek: ['Functions to peek at', 'Search in the neighbours'], source: ['Functions whose source to show', 'Search in the code'],
  disasm: ['Functions to disassemble', 'Search in the code'],
};

const KEYS = [
  ['/', 'Search'], ['Enter, n', 'Next hit'], ['Shift + Enter, N', 'Previous hit'], ['1 … 9', 'The views, from left to right'], ['Arrow keys', 'Choose a frame or row'],
  ['Enter', 'Zoom into a frame, open a row'], ['Esc', 'Show everything again'], ['Backspace', 'Zoom out to the caller'],
  ['+ −', 'Zoom'], ['Shift + wheel, drag', 'Move'], ['Ctrl + wheel', 'Zoom at the pointer'], ['m, right click', 'Actions on a frame or row'],
  ['f', 'Focus on it'], ['i', 'Ignore it'], ['h', 'Hide it'], ['r', 'Show from it on'], ['s', 'Its callers and callees'],
  ['o', 'Its source'], ['d', 'Its disassembly'], ['p', 'Its neighbours'], ['c', 'Copy its name'], ['t', 'Dark or light'], ['?', 'These keys'],
];

async function start() {
  const main = el('main', { class: 'main', id: 'main', tabIndex: -1 });
  const steps = new HitSteps();
  const tools = el('div', { class: 'tools' });
  document.body.append(main);
  waiting(main);
  /** @type {Page} */
  let page;
  try {
    const [facts, index] = await Promise.all([askFacts(), askIndex()]);
    page = { facts, index, tools, found, hits: (list) => steps.set(list) };
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
    if (search.value === param('q')) return false;
    steps.reset();
    go(state().view, { q: search.value }, { replace: param('q') !== '' });
    return true;
  };
  search.addEventListener('input', () => {
    clearTimeout(typing);
    typing = setTimeout(searchNow, search.value === '' ? 0 : 250);
  });
  search.addEventListener('keydown', (event) => {
    // The first Enter ends typing, those after it lead from hit to hit.
    if (event.key === 'Enter' && !searchNow()) steps.step(event.shiftKey ? -1 : 1);
    if (event.key === 'Escape') search.blur();
  });

  const theme = el('button', { class: 'button only-icon', type: 'button', onclick: toggleTheme });
  onTheme((dark) => {
    const label = dark ? 'Light colours (t)' : 'Dark colours (t)';
    fill(theme, icon(dark ? 'sun' : 'moon'));
    theme.title = label;
    theme.setAttribute('aria-label', label);
  });

  const subject = el('button', { class: 'button subject-name', type: 'button' });
  menuButton(subject, () => profileMenu(page));
  const types = el('button', { class: 'button', type: 'button', title: 'What is summed' });
  menuButton(types, () => {
    const now = sampleType(page);
    return page.facts.sample_types.map((type, row) => ({
      label: type.kind, hint: type.unit, checked: row === now,
      run: () => go(state().view, { si: row === page.facts.default_sample_type ? '' : type.kind }),
    }));
  });

  const configs = el('button', { class: 'button only-icon', type: 'button', title: 'Saved configurations', 'aria-label': 'Saved configurations' }, icon('bookmark'));
  menuButton(configs, () => configMenu(), 'dialog');
  const share = el('button', { class: 'button only-icon', type: 'button', title: 'Link, picture, print', 'aria-label': 'Share' }, icon('link'));
  menuButton(share, () => shareMenu());
  const downloads = el('button', { class: 'button only-icon', type: 'button', title: 'Download', 'aria-label': 'Download' }, icon('download'));
  menuButton(downloads, () => downloadMenu());
  const keys = el('button', { class: 'button only-icon keys-button', type: 'button', title: 'Keys (?)', 'aria-label': 'Keys', onclick: () => showKeys(keys) }, icon('keyboard'));

  const tabs = el('nav', { class: 'tabs', 'aria-label': 'Views' });
  const axis = timeAxis(page);
  if (page.facts.largest_file > 0) openDropped(page);
  const header = el('header', { class: 'top' },
    el('a', { class: 'brand', href: 'flamegraph', title: 'Start over', onclick: (/** @type {MouseEvent} */ event) => {
      if (isForBrowser(event)) return;
      event.preventDefault();
      openAddress('flamegraph');
    } }, el('img', { src: '../assets/icon.svg', alt: '', width: 20, height: 20 }), 'hotlist'),
    el('div', { class: 'subject' }, subject, types),
    el('div', { class: 'grow' }),
    foundText,
    el('div', { class: 'search', role: 'search' }, icon('search'), search), steps.element,
    el('div', { class: 'top-buttons' }, configs, share, downloads, keys, theme));
  document.body.prepend(
    el('a', { class: 'skip', href: '#main', onclick: (/** @type {Event} */ event) => {
      event.preventDefault();
      main.focus();
    } }, 'Skip to the view'),
    header, el('div', { class: 'bars' }, el('div', { class: 'bar' }, tabs, tools), controls(page), axis.element));
  // Readers go by the first heading.
  const title = el('h1', { class: 'visually-hidden' });
  header.prepend(title);

  /** @type {Shown | void} */
  let shown;
  let stop = new AbortController();
  /** @type {ViewName | ''} */
  let view = '';

  /** What of the address decides which profile is shown. */
  const chosenProfiles = () => `${param('profile')} ${param('base')}`;
  let profiles = chosenProfiles();

  async function show() {
    const now = state().view;
    if (chosenProfiles() !== profiles) {
      profiles = chosenProfiles();
      view = '';
      try {
        page.facts = await askFacts();
      } catch (error) {
        stop.abort();
        shown?.remove?.();
        shown = undefined;
        failed(main, error);
        return;
      }
    }
    axis.refresh();
    const { facts } = page;
    const name = VIEWS.find(([name]) => name === now)?.[1] ?? '';
    document.title = `${facts.name} · ${name} · hotlist`;
    title.textContent = `${name} of ${facts.name}`;
    if (document.activeElement !== search) search.value = param('q');
    search.placeholder = SEARCH_HINTS[now] ?? CHOOSING_HINTS[now]?.[param('of') ? 1 : 0] ?? 'Search';
    subject.disabled = facts.profiles.length < 2 && facts.largest_file === 0;
    subject.title = facts.base ? `${facts.name} compared with ${facts.base.name}` : facts.name;
    fill(subject, el('span', { class: 'cut' }, facts.name), facts.base && el('span', { class: 'cut soft' }, `vs ${facts.base.name}`), !subject.disabled && icon('down'));
    fill(types, facts.sample_types[sampleType(page)]?.kind ?? 'nothing', icon('down'));
    fill(tabs, VIEWS.map(([view, title]) => el('a', { class: 'tab', ...(view === now ? { 'aria-current': 'page' } : {}), ...linkTo(view) }, title)));
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
    steps.set(null);
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

  onState((now, before) => {
    // A panel in which people type stays; a menu belongs to what was shown.
    if (now.view !== before?.view || !isMenuOpen()) closeMenu();
    show();
  });
  /** What is printed in place of what moves. */
  const paper = el('div', { class: 'paper' });
  addEventListener('beforeprint', () => {
    const picture = shown?.picture?.();
    if (!picture || picture instanceof Promise) return;
    fill(paper, el('p', {}, `${document.title}`), printable(picture));
    document.body.append(paper);
    document.body.classList.add('printing');
  });
  addEventListener('afterprint', () => {
    paper.remove();
    document.body.classList.remove('printing');
  });

  /** @returns {Entry[]} */
  function shareMenu() {
    const picture = shown?.picture;
    return [
      { label: 'Copy the link to this view', run: () => copyText(location.href, 'Copied the link') },
      ...(picture ? [{ label: 'Copy as picture', run: async () => copyPicture(await picture()) }] : []),
      { label: 'Print', run: () => print() },
    ];
  }

  /** @returns {Entry[]} */
  function downloadMenu() {
    const picture = shown?.picture;
    /** @param {string} report @param {string} drawing @param {string} label @param {string} name @returns {Entry} */
    const file = (report, drawing, label, name) => ({ label, href: answerAddress(`${report}/${drawing}`), download: name });
    const profile = new URLSearchParams(['profile', 'base'].flatMap((name) => (param(name) ? [[name, param(name)]] : [])));
    return [
      { title: 'What is shown' },
      ...(picture ? [{ label: 'Picture (PNG)', run: async () => keepPng(await picture()) }, { label: 'Picture (SVG)', run: async () => keepSvg(await picture()) }] : []),
      ...(shown?.files?.() ?? []),
      'line', { title: 'Profile' },
      file('proto', 'proto', 'What the filters leave', 'filtered.pb.gz'), file('traces', 'folded', 'Folded stacks', 'stacks.folded'),
      { label: 'As loaded', hint: 'pb.gz', href: `download${profile.size ? `?${profile}` : ''}`, download: 'profile.pb.gz' },
    ];
  }
  let told = '';
  onNotes((notes) => {
    const text = notes.join('\n');
    if (text !== told) notes.slice(0, 2).forEach(toast);
    told = text;
  });
  addEventListener('keydown', (event) => {
    const target = /** @type {HTMLElement} */ (event.target);
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || target.closest('input, textarea, .menu, dialog')) return;
    const digit = '123456789'.indexOf(event.key);
    if (event.key === '/') {
      search.focus();
      search.select();
    } else if (event.key === '?') showKeys(keys);
    else if (event.key === 't') toggleTheme();
    else if (event.key === 'n' || event.key === 'N') steps.step(event.key === 'n' ? 1 : -1);
    else if (digit >= 0) go(VIEWS[digit][0]);
    else if (target.closest('button, a, summary') && event.key === 'Enter') return;
    else if (!shown?.key?.(event.key)) return;
    event.preventDefault();
  });
  // pprof's addresses of flame graphs name the functions to pivot at.
  if (state().view === 'flamegraph' && param('p')) openAddress(`sandwich${location.search}`, true);
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
    for (const name of ['si', 'profile', 'base', ...SHOWN_ONLY]) if (param(name)) params.set(name, param(name));
    params.delete('zoom');
    for (const [name, value] of Object.entries(parameters)) params.set(name, value);
    return `${state().view}?${params}`;
  };
  /** @param {Record<string, string>} parameters */
  const isCurrent = (parameters) => {
    const now = new URLSearchParams(withParameters(parameters).split('?')[1]);
    const is = new URLSearchParams(state().params);
    is.delete('zoom');
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
      ...list.map((config) => ({ label: `Delete ${config.name}`, run: () => confirmFirst(`Delete the configuration ${config.name}?`, 'Delete', () => tell(changeConfig('deleteconfig', config.name), `Deleted ${config.name}`)) }))]),
  ];
}

/** Which of the profiles are shown: all together, one, or a comparison of two. @param {Page} page @returns {Entry[]} */
function profileMenu(page) {
  const { profiles } = page.facts;
  const [now, base] = [param('profile'), param('base')];
  /** @param {string} profile @param {string} base */
  const open = (profile, base) => go(state().view, { profile, base, change: '', pivot: '', of: '', sel: '' });
  /** @type {Entry[]} */
  const more = page.facts.largest_file > 0 ? [{ label: 'Open a file…', hint: 'or drop it', run: () => chooseFiles(page) }] : [];
  if (profiles.length < 2) return more;
  if (more.length > 0) more.unshift('line');
  return [
    { title: 'Show' },
    { label: base === '' ? 'As given on the command line' : 'All that the command line names', checked: now === '', run: () => open('', '') },
    ...profiles.map((name, row) => ({ label: name, checked: now === String(row + 1), run: () => open(String(row + 1), base === String(row + 1) ? '' : base) })),
    'line', { title: 'Compare with' },
    { label: 'Nothing', checked: base === '', run: () => open(now, '') },
    ...profiles.flatMap((name, row) => (now === String(row + 1) ? [] : [{ label: name, checked: base === String(row + 1), run: () => open(now || String(row === 0 ? 2 : 1), String(row + 1)) }])),
    ...more,
  ];
}

/** @param {HTMLElement} opener */
function showKeys(opener) {
  const box = opener.getBoundingClientRect();
  openMenu([{ title: 'Keys' }, { content: el('table', { class: 'keys' }, KEYS.map(([key, meaning]) =>
    el('tr', {}, el('th', { scope: 'row' }, el('kbd', {}, key)), el('td', {}, meaning)))) }], box.right - 320, box.bottom + 4, opener);
}

start();
