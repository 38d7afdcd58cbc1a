/** @file Gives the event loop its turn now and then, so that pages draw and signals arrive while training runs. */

/**
 * How long work may go on without a turn, in milliseconds: less than a frame where there are frames. In Node a turn costs
 * as much as a small step, and only signals and timers wait for it.
 */
const INTERVAL = isPage() ? 12 : 60;
let last = 0;

/** Waits for the next turn of the event loop if the last one is a frame ago, else for nothing. */
export function breathe(): Promise<void> | undefined {
  const now = performance.now();
  if (now - last < INTERVAL) return undefined;
  return turn().then(() => {
    last = performance.now();
  });
}

/** How long a page is waited for that draws nothing, as it has gone out of sight. */
const HIDDEN = 100;

/** Whether there is a page to draw. */
export function isPage(): boolean {
  return typeof document === 'object';
}

/** Waits until a page has drawn, so that long work has the whole time to the next frame; not for one out of sight. */
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
