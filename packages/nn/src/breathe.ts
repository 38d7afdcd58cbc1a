/** @file Lets the event loop run now and then, so that pages are drawn and signals arrive during training. */

/**
 * How long work may go on without a turn of the event loop, in milliseconds: in a page less than a frame. In Node a turn
 * costs as much as a small step, and only signals and timers wait for it.
 */
const INTERVAL = isPage() ? 12 : 60;
let last = 0;

/**
 * Waits for the next turn of the event loop if the last one was more than `INTERVAL` ago; otherwise returns nothing to wait
 * for.
 */
export function breathe(): Promise<void> | undefined {
  const now = performance.now();
  if (now - last < INTERVAL) return undefined;
  return turn().then(() => {
    last = performance.now();
  });
}

/** How long to wait for a page to draw, in milliseconds: a page out of sight never draws. */
const HIDDEN = 100;

/** Whether there is a page to draw. */
export function isPage(): boolean {
  return typeof document === 'object';
}

/**
 * Waits until the page has drawn, so that the work that follows has the whole time until the next frame. Does not wait for a
 * hidden page.
 */
export async function drawn(): Promise<void> {
  if (document.hidden) return;
  await new Promise<void>((resolve) => {
    requestAnimationFrame(() => resolve());
    setTimeout(resolve, HIDDEN);
  });
  await turn();
}

function turn(): Promise<void> {
  if (typeof setImmediate === 'function')
    return new Promise((resolve) => void setImmediate(resolve));
  // Timers of pages wait at least 4 ms once they are nested; messages do not.
  return new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      port1.close();
      resolve();
    };
    port2.postMessage(null);
  });
}
