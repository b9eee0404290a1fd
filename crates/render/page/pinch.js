// @ts-check
/** Zooming with two fingers. */

/**
 * Calls `zoom` while two fingers move on an element.
 * @param {Element} element
 * @param {(factor: number, x: number, y: number, dx: number, dy: number) => void} zoom how much farther apart the
 *   fingers are than before, their middle, and how far that moved; in pixels of the element
 * @returns {() => boolean} whether two fingers are down, when other gestures must wait
 */
export function onPinch(element, zoom) {
  /** Where each finger is. @type {Map<number, {x: number, y: number}>} */
  const fingers = new Map();
  const measure = () => {
    const [a, b] = [...fingers.values()];
    const box = element.getBoundingClientRect();
    return { apart: Math.max(Math.hypot(a.x - b.x, a.y - b.y), 1), x: (a.x + b.x) / 2 - box.left, y: (a.y + b.y) / 2 - box.top };
  };
  /** @param {PointerEvent} event */
  const lift = (event) => fingers.delete(event.pointerId);
  element.addEventListener('pointerdown', (e) => {
    const event = /** @type {PointerEvent} */ (e);
    if (event.pointerType === 'touch') fingers.set(event.pointerId, { x: event.clientX, y: event.clientY });
  });
  element.addEventListener('pointermove', (e) => {
    const event = /** @type {PointerEvent} */ (e);
    if (!fingers.has(event.pointerId)) return;
    const before = fingers.size === 2 ? measure() : null;
    fingers.set(event.pointerId, { x: event.clientX, y: event.clientY });
    if (!before) return;
    const now = measure();
    zoom(now.apart / before.apart, now.x, now.y, now.x - before.x, now.y - before.y);
  });
  for (const name of ['pointerup', 'pointercancel', 'pointerleave']) element.addEventListener(name, (event) => lift(/** @type {PointerEvent} */ (event)));
  return () => fingers.size > 1;
}
