// Pans, zooms and highlights the picture it is part of. Drag or arrow keys move it; wheel, + and - zoom;
// double click or 0 fits all of it, 1 shows it in its own size; a click keeps the highlight, Escape ends it.
(function () {
  "use strict";
  const svg = document.documentElement;
  const view = document.getElementById("view");
  // In a page that contains it the picture is an image like any other.
  if (!view || svg.localName !== "svg") return;
  const whole = svg.viewBox.baseVal;
  const [width, height] = [whole.width, whole.height];
  let scale = 1, x = 0, y = 0;

  function show() {
    view.setAttribute("transform", `translate(${x} ${y}) scale(${scale})`);
  }

  function window_size() {
    return [window.innerWidth, window.innerHeight];
  }

  function fitting() {
    const [w, h] = window_size();
    return Math.min(w / width, h / height, 1.5);
  }

  // At `wanted`, in the middle or, if it does not fit, at its top with this x in the middle. A point that would
  // be low in the window, or below it, is brought up.
  function place(wanted, [start_x, start_y] = [width / 2, 0]) {
    const [w, h] = window_size();
    scale = wanted;
    const within = (from, whole, size) => Math.max(size - whole, Math.min(0, from));
    x = width * scale <= w ? (w - width * scale) / 2 : within(w / 2 - start_x * scale, width * scale, w);
    const top = start_y * scale < h * 0.6 ? 0 : h * 0.4 - start_y * scale;
    y = height * scale <= h ? (h - height * scale) / 2 : within(top, height * scale, h);
    show();
  }

  function fit() {
    place(fitting());
  }

  function zoom(factor, at_x, at_y) {
    const wanted = Math.max(Math.min(scale * factor, 20), Math.min(fitting() / 2, 0.2));
    x = at_x - (at_x - x) * wanted / scale;
    y = at_y - (at_y - y) * wanted / scale;
    scale = wanted;
    show();
  }

  svg.style.userSelect = "none";
  svg.removeAttribute("viewBox");
  svg.setAttribute("width", "100%");
  svg.setAttribute("height", "100%");
  // Smaller letters are not read: a large picture opens at its heaviest box instead of as a whole.
  const heaviest = svg.querySelector("[data-start]");
  place(Math.max(fitting(), 1), heaviest ? heaviest.dataset.start.split(" ").map(Number) : undefined);

  svg.addEventListener("wheel", event => {
    event.preventDefault();
    const step = event.deltaMode === 1 ? event.deltaY * 16 : event.deltaY;
    zoom(Math.exp(-Math.max(-200, Math.min(200, step)) * 0.002), event.clientX, event.clientY);
  }, { passive: false });

  // Pointers that are down: one drags, two pinch.
  const pointers = new Map();
  let moved = 0;

  svg.addEventListener("pointerdown", event => {
    if (event.button !== 0) return;
    if (pointers.size === 0) moved = 0;
    pointers.set(event.pointerId, [event.clientX, event.clientY]);
  });

  svg.addEventListener("pointermove", event => {
    const before = pointers.get(event.pointerId);
    if (!before) return;
    const now = [event.clientX, event.clientY];
    const others = [...pointers].filter(([id]) => id !== event.pointerId).map(([, at]) => at);
    moved += Math.hypot(now[0] - before[0], now[1] - before[1]);
    if (others.length > 0) {
      const distance = ([a, b]) => Math.max(1, Math.hypot(a - others[0][0], b - others[0][1]));
      zoom(distance(now) / distance(before), others[0][0], others[0][1]);
    } else if (moved > 3) {
      svg.classList.add("moving");
      x += now[0] - before[0];
      y += now[1] - before[1];
      show();
    }
    pointers.set(event.pointerId, now);
  });

  for (const end of ["pointerup", "pointercancel", "pointerleave"]) {
    svg.addEventListener(end, event => {
      pointers.delete(event.pointerId);
      svg.classList.remove("moving");
    });
  }

  svg.addEventListener("dblclick", fit);
  window.addEventListener("resize", show);

  window.addEventListener("keydown", event => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const [w, h] = window_size();
    const step = event.shiftKey ? 300 : 80;
    switch (event.key) {
      case "ArrowLeft": x += step; show(); break;
      case "ArrowRight": x -= step; show(); break;
      case "ArrowUp": y += step; show(); break;
      case "ArrowDown": y -= step; show(); break;
      case "+": case "=": zoom(1.25, w / 2, h / 2); break;
      case "-": zoom(0.8, w / 2, h / 2); break;
      case "0": case "f": fit(); break;
      case "1": place(1); break;
      case "Escape": kept = null; focus(null); break;
      default: return;
    }
    event.preventDefault();
  });

  // A node is shown with its edges and what is at their other ends, an edge with its two ends.
  const groups = new Map();
  const edges = new Map();
  for (const group of view.children) {
    if (group.id) groups.set(group.id, group);
    if (!group.dataset.from) continue;
    for (const end of [group.dataset.from, group.dataset.to]) {
      if (!edges.has(end)) edges.set(end, []);
      edges.get(end).push(group);
    }
  }
  let kept = null;
  let focused = null;
  let lit = [];

  function focus(group) {
    if (group === focused) return;
    focused = group;
    for (const other of lit) other.classList.remove("on");
    lit = [];
    svg.classList.toggle("focused", group !== null);
    if (group === null) return;
    const around = group.dataset.from ? [group] : edges.get(group.id) || [];
    lit = [group, ...around];
    for (const edge of around) lit.push(groups.get(edge.dataset.from), groups.get(edge.dataset.to));
    lit = lit.filter(Boolean);
    for (const other of lit) other.classList.add("on");
  }

  function group_at(event) {
    return event.target.closest ? event.target.closest(".node,.edge,.tag") : null;
  }

  svg.addEventListener("pointerover", event => {
    if (!kept && pointers.size === 0) focus(group_at(event));
  });

  svg.addEventListener("click", event => {
    if (moved > 3) return;
    kept = group_at(event);
    focus(kept);
  });
})();
