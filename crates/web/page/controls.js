// @ts-check
/** The row of filters: what holds now, each to be taken out by a click, and the panel where they are set. */

import { el, fill, icon } from './dom.js';
import { menuButton, openMenu } from './menu.js';
import { go, isOn, onState, param, state } from './state.js';

/** @typedef {import('./view.js').Page} Page */

/** Options that are shown as chips when they are set, with the words for them. */
const CHIPS = /** @type {const} */ ([
  ['f', 'Focus'], ['i', 'Ignore'], ['h', 'Hide'], ['s', 'Show'], ['sf', 'Show from'], ['prunefrom', 'Prune from'],
  ['tf', 'Tag focus'], ['ti', 'Tag ignore'], ['ts', 'Tag show'], ['th', 'Tag hide'],
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

/**
 * @param {Page} page
 * @returns {HTMLElement}
 */
export function controls(page) {
  const chips = el('div', { class: 'chips' });
  const help = new Map(page.index.options.map((option) => [option.key, `${option.help}${option.details ? `. ${option.details}` : ''}`]));
  const names = new Map([...CHIPS, ...SWITCHES].map(([key, name]) => [/** @type {string} */ (key), /** @type {string} */ (name)]));

  const filter = el('button', { class: 'button bordered', type: 'button', title: 'Choose samples, frames and tags' }, icon('filter'), 'Filter');
  menuButton(filter, () => [{ content: panel() }]);

  function panel() {
    /** @type {Map<string, HTMLInputElement>} */
    const inputs = new Map();
    const field = (/** @type {string} */ key) => {
      const input = el('input', { type: 'text', value: param(key), spellcheck: false, autocomplete: 'off', maxLength: 4000, placeholder: help.get(key) ?? '' });
      inputs.set(key, input);
      return el('label', { title: help.get(key) ?? '' }, el('span', {}, names.get(key) ?? key), input);
    };
    const apply = () => {
      /** @type {Record<string, string>} */
      const changes = {};
      for (const [key, input] of inputs) if (input.value !== param(key)) changes[key] = input.value;
      for (const [key, box] of boxes) if (box.checked !== isOn(key)) changes[key] = box.checked ? 't' : '';
      go(state().view, changes);
    };
    /** @type {Map<string, HTMLInputElement>} */
    const boxes = new Map();
    const box = (/** @type {string} */ key) => {
      const input = el('input', { type: 'checkbox', checked: isOn(key) });
      boxes.set(key, input);
      return el('label', { class: 'check', title: help.get(key) ?? '' }, input, el('span', {}, names.get(key) ?? key));
    };
    return el('form', { class: 'panel', onsubmit: (/** @type {Event} */ event) => {
      event.preventDefault();
      apply();
      dispatchEvent(new Event('blur'));
    } },
      el('div', { class: 'panel-groups' },
        PANEL.map(([title, keys]) => el('fieldset', {}, el('legend', {}, title), keys.map(field))),
        el('fieldset', {}, el('legend', {}, 'How to count'), SWITCHES.map(([key]) => box(key)))),
      el('div', { class: 'panel-foot' }, el('span', { class: 'soft' }, 'Patterns are regular expressions.'),
        el('button', { class: 'button primary', type: 'submit' }, 'Apply')));
  }

  const granularity = el('button', { class: 'button', type: 'button', title: 'What counts as one place' });
  menuButton(granularity, () => {
    const choices = page.index.options.find((option) => option.key === 'g')?.choices ?? [];
    const now = param('g') || 'functions';
    return choices.map((choice) => ({ label: choice, checked: choice === now, run: () => go(state().view, { g: choice === 'functions' ? '' : choice }) }));
  });

  function show() {
    const set = CHIPS.filter(([key]) => param(key) !== '');
    const on = SWITCHES.filter(([key]) => isOn(key));
    fill(chips,
      set.map(([key, name]) => el('span', { class: 'chip', title: param(key) },
        el('button', { class: 'chip-text', type: 'button', onclick: (/** @type {MouseEvent} */ event) => edit(key, event) },
          el('span', { class: 'soft' }, name), ' ', param(key)),
        remove(key, name))),
      on.map(([key, name]) => el('span', { class: 'chip' }, el('span', { class: 'chip-text' }, name), remove(key, name))),
      set.length + on.length > 1 && el('button', { class: 'link', type: 'button', onclick: () => go(state().view,
        Object.fromEntries([...CHIPS, ...SWITCHES].map(([key]) => [key, '']))) }, 'Clear all'));
    fill(granularity, param('g') || 'functions', icon('down'));
  }

  /** @param {string} key @param {string} name */
  function remove(key, name) {
    return el('button', { class: 'chip-close', type: 'button', title: `Take ${name} out`, 'aria-label': `Take ${name} out`,
      onclick: () => go(state().view, { [key]: '' }) }, icon('close'));
  }

  /** @param {string} key @param {MouseEvent} event */
  function edit(key, event) {
    const box = /** @type {HTMLElement} */ (event.currentTarget).getBoundingClientRect();
    const input = el('input', { type: 'text', value: param(key), 'aria-label': names.get(key) ?? key, spellcheck: false });
    openMenu([{ content: el('form', { class: 'menu-form', onsubmit: (/** @type {Event} */ submit) => {
      submit.preventDefault();
      go(state().view, { [key]: input.value });
      dispatchEvent(new Event('blur'));
    } }, input, el('button', { class: 'button primary', type: 'submit' }, 'Apply')) }], box.left, box.bottom + 4);
    input.select();
  }

  onState(show);
  show();
  return el('div', { class: 'filters' }, filter, granularity, chips);
}
