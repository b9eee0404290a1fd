'use strict';
// The filter, the keys and the choice of colours. Without this script the page is complete, too.
(() => {
  const main = document.getElementById('main');
  const filter = document.getElementById('filter');
  const unfold = document.getElementById('unfold');
  const theme = document.getElementById('theme');
  const nothing = document.querySelector('.nothing');
  const routines = [...document.querySelectorAll('.routine')];
  const links = [...document.querySelectorAll('nav a')];
  for (const part of [filter, unfold, theme, document.querySelector('.keys')]) part.hidden = false;
  unfold.hidden = !document.querySelector('.line');

  const root = document.documentElement;
  theme.addEventListener('click', () => {
    const dark = root.dataset.theme ? root.dataset.theme === 'dark' : matchMedia('(prefers-color-scheme: dark)').matches;
    root.dataset.theme = dark ? 'light' : 'dark';
  });

  const reveal = (target) => {
    const routine = target && target.closest('.routine');
    if (routine) routine.open = true;
  };
  const fromAddress = () => reveal(document.getElementById(location.hash.slice(1)));
  addEventListener('hashchange', fromAddress);
  fromAddress();

  const visible = () => routines.filter((routine) => !routine.hidden);
  filter.addEventListener('input', () => {
    const words = filter.value.toLowerCase().split(' ').filter(Boolean);
    let shown = 0;
    routines.forEach((routine, row) => {
      const name = routine.querySelector('summary').textContent.toLowerCase();
      routine.hidden = !words.every((word) => name.includes(word));
      links[row].parentElement.hidden = routine.hidden;
      if (!routine.hidden) shown += 1;
    });
    nothing.hidden = shown > 0;
  });

  // The function at the top of the window is the current one.
  const margin = 70;
  let current = -1;
  const mark = () => {
    let row = 0;
    routines.forEach((routine, number) => {
      if (!routine.hidden && routine.getBoundingClientRect().top <= margin) row = number;
    });
    if (row === current) return;
    if (links[current]) links[current].removeAttribute('aria-current');
    current = row;
    if (links[row]) links[row].setAttribute('aria-current', 'true');
  };
  let waiting = false;
  addEventListener('scroll', () => {
    if (waiting) return;
    waiting = true;
    requestAnimationFrame(() => { waiting = false; mark(); });
  }, { passive: true });
  mark();

  /** Goes to the next or the previous of some places. */
  const step = (places, forward) => {
    const tops = places.map((place) => place.getBoundingClientRect().top);
    let row = forward ? tops.findIndex((top) => top > margin + 1) : tops.findLastIndex((top) => top < margin - 8);
    if (row < 0) row = forward ? places.length - 1 : 0;
    const place = places[row];
    if (!place) return;
    scrollTo({ top: scrollY + place.getBoundingClientRect().top - margin + 4 });
    const summary = place.matches('summary') ? place : place.querySelector('summary');
    if (summary) summary.focus({ preventScroll: true });
  };
  const stepLines = (forward) => {
    const open = visible().filter((routine) => routine.open);
    step(open.flatMap((routine) => [...routine.querySelectorAll('.h4, .h5, .h6, .h7, .h8, .h9')]), forward);
  };

  const toggle = () => {
    const lines = [...main.querySelectorAll('.routine:not([hidden])[open] .line')];
    const open = !lines.some((line) => line.open);
    for (const line of lines) line.open = open;
    unfold.textContent = open ? 'Hide assembly' : 'Show assembly';
  };
  unfold.addEventListener('click', toggle);

  document.addEventListener('keydown', (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.target === filter) {
      if (event.key === 'Escape') { filter.value = ''; filter.dispatchEvent(new Event('input')); filter.blur(); }
      return;
    }
    const actions = {
      j: () => step(visible(), true),
      k: () => step(visible(), false),
      n: () => stepLines(true),
      p: () => stepLines(false),
      e: toggle,
      t: () => theme.click(),
      '/': () => filter.focus(),
    };
    const action = actions[event.key];
    if (action) { event.preventDefault(); action(); }
  });
})();
