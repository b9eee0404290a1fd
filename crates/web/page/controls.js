// @ts-check
/** The row of filters: what holds now, each to be taken out by a click, and the panel where they are set. */

import { el, fill, icon } from './dom.js';
import { closeMenu, menuButton, openMenu } from './menu.js';
import { POINTED, go, isOn, onState, param, pointedText, state, toggled, values } from './state.js';

/** @typedef {import('./view.js').Page} Page */
/** @typedef {import('./state.js').Changes} Changes */

/** Options that are shown as chips when they are set, with the words for them. */
const CHIPS = /** @type {const} */ ([
  ['f', 'Focus'], ['i', 'Ignore'], ['h', 'Hide'], ['s', 'Show'], ['sf', 'Show from'], ['prunefrom', 'Prune from'],
  ['tf', 'Tag focus'], ['ti', 'Tag ignore'], ['ts', 'Tag show'], ['th', 'Tag hide'],
  ['from', 'From time'], ['to', 'To time'],
  ['tagroot', 'Group by'], ['tagleaf', 'Leaf tags'], ['n', 'At most'], ['nf', 'From share'], ['ef', 'Edges from'],
  ['unit', 'Unit'],
]);

/** Options that are on or off. */
const SWITCHES = /** @type {const} */ ([
  ['noinlines', 'No inlined functions'], ['calltree', 'Call tree in graphs'], ['mean', 'Mean'],
  ['rel', 'Percentages of what is shown'], ['dropneg', 'No negative values'], ['showcolumns', 'Tell columns apart'],
]);

/** Fields of the panel, in groups. @type {[string, string[]][]} */
const PANEL = [
  ['Samples and frames', ['f', 'i', 'h', 's', 'sf', 'prunefrom']],
  ['Tags', ['tf', 'ti', 'ts', 'th', 'tagroot', 'tagleaf']],
  ['Amount and unit', ['unit', 'n', 'nf', 'ef']],
];
/** Those of profiles whose samples have times. @type {[string, string[]]} */
const TIMES = ['Time', ['from', 'to']];

/** The filters that add up when they are set several times. */
const REPEATED = ['f'];

/**
 * @param {Page} page
 * @returns {HTMLElement}
 */
export function controls(page) {
  const chips = el('div', { class: 'chips', role: 'group', 'aria-label': 'Filters that hold now' });
  const help = new Map(page.index.options.map((option) => [option.key, `${option.help}${option.details ? `. ${option.details}` : ''}`]));
  const names = new Map([...CHIPS, ...SWITCHES].map(([key, name]) => [/** @type {string} */ (key), /** @type {string} */ (name)]));
  /** What was typed and not applied yet: a panel that is closed loses nothing. @type {Map<string, string>} */
  const drafts = new Map();

  const filter = el('button', { class: 'button bordered', type: 'button', title: 'Choose samples, frames and tags' }, icon('filter'), 'Filter');
  menuButton(filter, () => [{ content: panel() }], 'dialog');

  function panel() {
    /** @type {Map<string, HTMLInputElement>} */
    const inputs = new Map();
    const field = (/** @type {string} */ key) => {
      const now = REPEATED.includes(key) ? values(key).at(-1) ?? '' : param(key);
      const input = el('input', { type: 'text', value: drafts.get(key) ?? now, spellcheck: false, autocomplete: 'off', maxLength: 4000, placeholder: help.get(key) ?? '' });
      input.addEventListener('input', () => drafts.set(key, input.value));
      inputs.set(key, input);
      return el('label', { title: help.get(key) ?? '' }, el('span', {}, names.get(key) ?? key), input);
    };
    /** @type {Map<string, HTMLInputElement>} */
    const boxes = new Map();
    const box = (/** @type {string} */ key) => {
      const input = el('input', { type: 'checkbox', checked: drafts.has(key) ? drafts.get(key) === 't' : isOn(key) });
      input.addEventListener('input', () => drafts.set(key, input.checked ? 't' : ''));
      boxes.set(key, input);
      return el('label', { class: 'check', title: help.get(key) ?? '' }, input, el('span', {}, names.get(key) ?? key));
    };
    const apply = () => {
      /** @type {Changes} */
      const changes = {};
      for (const [key, input] of inputs) {
        const all = values(key);
        // The field is the last of several; the others stay.
        if (REPEATED.includes(key)) {
          if (input.value !== (all.at(-1) ?? '')) changes[key] = [...all.slice(0, -1), input.value].filter(Boolean);
        } else if (input.value !== param(key)) changes[key] = input.value;
      }
      for (const [key, box] of boxes) if (box.checked !== isOn(key)) changes[key] = box.checked ? 't' : '';
      drafts.clear();
      go(state().view, changes);
    };
    const forget = el('button', { class: 'button', type: 'button', onclick: () => {
      drafts.clear();
      for (const [key, input] of inputs) input.value = REPEATED.includes(key) ? values(key).at(-1) ?? '' : param(key);
      for (const [key, box] of boxes) box.checked = isOn(key);
    } }, 'Reset');
    const another = el('button', { class: 'button', type: 'button', title: 'Keep this focus and type another one that samples have to pass too', onclick: () => {
      const text = inputs.get('f')?.value ?? '';
      if (text === '') return;
      drafts.delete('f');
      go(state().view, { f: [...values('f').slice(0, -1), text, ''].filter(Boolean) });
      openMenu([{ content: again() }], filter.getBoundingClientRect().left, filter.getBoundingClientRect().bottom + 4, filter);
    } }, 'Add another focus');
    return el('form', { class: 'panel', onsubmit: (/** @type {Event} */ event) => {
      event.preventDefault();
      apply();
      closeMenu();
    } },
      page.index.presets.length > 0 && el('div', { class: 'presets', role: 'group', 'aria-label': 'Presets' },
        page.index.presets.map((preset) => el('button', { class: 'button bordered', type: 'button', title: preset.help, 'aria-pressed': String(values('preset').includes(preset.name)),
          onclick: () => {
            closeMenu();
            go(state().view, toggled('preset', preset.name));
          } }, capital(preset.name)))),
      el('div', { class: 'panel-groups' },
        [...PANEL, ...(page.facts.times ? [TIMES] : [])].map(([title, keys]) => el('fieldset', {}, el('legend', {}, title), keys.map(field))),
        el('fieldset', {}, el('legend', {}, 'How to count'), SWITCHES.map(([key]) => box(key)))),
      el('div', { class: 'panel-foot' }, el('span', { class: 'soft grow' }, 'Patterns are regular expressions.'), another, forget,
        el('button', { class: 'button primary', type: 'submit' }, 'Apply')));
  }

  /** The panel once more, for one more focus. */
  function again() {
    const input = el('input', { type: 'text', spellcheck: false, 'aria-label': 'One more focus', placeholder: 'One more focus' });
    return el('form', { class: 'menu-form', onsubmit: (/** @type {Event} */ event) => {
      event.preventDefault();
      closeMenu();
      go(state().view, { f: [...values('f'), input.value].filter(Boolean) });
    } }, input, el('button', { class: 'button primary', type: 'submit' }, 'Apply'));
  }

  const granularity = el('button', { class: 'button', type: 'button', title: 'What counts as one place' });
  menuButton(granularity, () => {
    const choices = page.index.options.find((option) => option.key === 'g')?.choices ?? [];
    const now = param('g') || 'functions';
    return choices.map((choice) => ({ label: choice, checked: choice === now, run: () => go(state().view, { g: choice === 'functions' ? '' : choice }) }));
  });

  const change = el('button', { class: 'button', type: 'button', title: 'Which changes to show' });
  menuButton(change, () => CHANGES.filter(([value]) => value !== SIGNIFICANT || page.facts.verdicts).map(([value, label]) => ({ label, checked: param('change') === value, run: () => go(state().view, { change: value }) })));

  function show() {
    /** @type {[string, string, string][]} */
    const set = CHIPS.flatMap(([key, name]) => (REPEATED.includes(key) ? values(key) : [param(key)].filter(Boolean)).map((value) => /** @type {[string, string, string]} */ ([key, name, value])));
    const on = SWITCHES.filter(([key]) => isOn(key));
    const pointed = POINTED.flatMap(([key, name]) => values(key).map((value) => /** @type {[string, string, string]} */ ([key, name, value])));
    const count = set.length + on.length + pointed.length;
    fill(chips,
      set.map(([key, name, value]) => el('span', { class: 'chip', title: value },
        el('button', { class: 'chip-text', type: 'button', title: `Change: ${value}`, onclick: (/** @type {MouseEvent} */ event) => edit(key, value, event) },
          el('span', { class: 'soft' }, name), ' ', value),
        remove(key, name, value))),
      pointed.map(([key, name, value]) => el('span', { class: 'chip', title: value },
        el('span', { class: 'chip-text' }, el('span', { class: 'soft' }, name), ' ', pointedText(key, value)), remove(key, `${name} ${pointedText(key, value)}`, value))),
      on.map(([key, name]) => el('span', { class: 'chip' }, el('span', { class: 'chip-text' }, name), remove(key, name, param(key)))),
      count > 1 && el('button', { class: 'link', type: 'button', onclick: () => go(state().view,
        Object.fromEntries([...CHIPS, ...SWITCHES, ...POINTED].map(([key]) => [key, '']))) }, 'Clear all'));
    fill(granularity, param('g') || 'functions', icon('down'));
    change.hidden = !page.facts.comparison;
    fill(change, CHANGES.find(([value]) => value === param('change'))?.[1] ?? CHANGES[0][1], icon('down'));
  }

  /** @param {string} key @param {string} name @param {string} value */
  function remove(key, name, value) {
    return el('button', { class: 'chip-close', type: 'button', title: `Take ${name} out`, 'aria-label': `Take ${name} out`,
      onclick: () => go(state().view, { [key]: values(key).filter((other) => other !== value) }) }, icon('close'));
  }

  /** @param {string} key @param {string} value @param {MouseEvent} event */
  function edit(key, value, event) {
    const opener = /** @type {HTMLElement} */ (event.currentTarget);
    const box = opener.getBoundingClientRect();
    const input = el('input', { type: 'text', value: drafts.get(`chip ${key}`) ?? value, 'aria-label': names.get(key) ?? key, spellcheck: false });
    input.addEventListener('input', () => drafts.set(`chip ${key}`, input.value));
    openMenu([{ content: el('form', { class: 'menu-form', onsubmit: (/** @type {Event} */ submit) => {
      submit.preventDefault();
      drafts.delete(`chip ${key}`);
      closeMenu();
      go(state().view, { [key]: values(key).map((other) => (other === value ? input.value : other)).filter(Boolean) });
    } }, input, el('button', { class: 'button primary', type: 'submit' }, 'Apply')) }], box.left, box.bottom + 4, opener);
    input.select();
  }

  onState(show);
  show();
  return el('section', { class: 'filters', 'aria-label': 'Filters' }, filter, granularity, change, chips);
}

export const COLLAPSE = 'Collapse recursion: a function and its direct calls of itself are one frame';

/**
 * A button with a drawing in place of words that turns a parameter on or off.
 * @param {string} name
 * @param {Parameters<typeof icon>[0]} drawing
 * @param {string} label
 */
export function toggleButton(name, drawing, label) {
  return el('button', { class: 'button only-icon', type: 'button', title: label, 'aria-label': label, 'aria-pressed': String(isOn(name)),
    onclick: () => go(state().view, { [name]: isOn(name) ? '' : 't' }) }, icon(drawing));
}

/** What really differs, where sets of runs were compared. */
export const SIGNIFICANT = 'significant';

/** Which changes a comparison shows. */
export const CHANGES = /** @type {const} */ ([
  ['', 'All changes'], ['new', 'Only new'], ['gone', 'Only gone'], ['grown', 'Only grown'], ['shrunk', 'Only shrunk'],
  [SIGNIFICANT, 'Only significant'],
]);

/**
 * Whether a change is one of those that are to be shown.
 * @param {number} before
 * @param {number} after
 */
export function isWantedChange(before, after) {
  switch (param('change')) {
    case 'new': return before === 0 && after !== 0;
    case 'gone': return before !== 0 && after === 0;
    case 'grown': return before !== 0 && after > before;
    case 'shrunk': return after !== 0 && after < before;
    default: return true;
  }
}

/** @param {string} text */
function capital(text) {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
