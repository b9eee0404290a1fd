// @ts-check
/** Opening files: dropped on the page or chosen in a dialog, each becomes one of the profiles. */

import { sendFile } from './api.js';
import { el } from './dom.js';
import { toast } from './menu.js';
import { openAddress, state } from './state.js';

/** @typedef {import('./view.js').Page} Page */

/** Sends files one after the other and shows the first of them. @param {Page} page @param {File[]} files */
async function open(page, files) {
  let first = '';
  const busy = el('div', { class: 'opening', role: 'status' });
  document.body.append(busy);
  for (const file of files) {
    busy.textContent = `Reading ${file.name}`;
    const largest = page.facts.largest_file;
    try {
      if (file.size > largest) throw new Error(`${file.name}: the file is larger than ${largest >> 20} MB`);
      const number = await sendFile(file);
      first ||= String(number);
    } catch (error) {
      toast(/** @type {Error} */ (error).message);
    }
  }
  busy.remove();
  // Filters and sample types were those of another profile.
  if (first) openAddress(`${state().view}?profile=${first}`);
}

/** Lets people choose files. @param {Page} page */
export function chooseFiles(page) {
  const input = el('input', { type: 'file', multiple: true });
  input.addEventListener('change', () => open(page, [...(input.files ?? [])]));
  input.click();
}

/** Opens what is dropped on the page. @param {Page} page */
export function openDropped(page) {
  const hint = el('div', { class: 'drop-hint', hidden: true }, 'Drop a profile to open it');
  document.body.append(hint);
  const holdsFiles = (/** @type {DragEvent} */ event) => event.dataTransfer?.types.includes('Files') ?? false;
  addEventListener('dragover', (event) => {
    if (!holdsFiles(event)) return;
    // Without this the browser would leave the page for the file.
    event.preventDefault();
    hint.hidden = false;
  });
  addEventListener('dragleave', (event) => {
    if (!event.relatedTarget) hint.hidden = true;
  });
  addEventListener('drop', (event) => {
    hint.hidden = true;
    if (!holdsFiles(event)) return;
    event.preventDefault();
    open(page, [...(event.dataTransfer?.files ?? [])]);
  });
}
