/** @file The turn of the event loop, also in a page that is out of sight. */

/** Calls something when the event loop has turned. Timers of a page out of sight wait for a second or more; messages do not. */
export function afterEventLoopTurn(call: () => void): void {
  if (typeof setImmediate === 'function') {
    setImmediate(call);
    return;
  }
  const { port1, port2 } = new MessageChannel();
  port1.onmessage = () => {
    port1.close();
    call();
  };
  port2.postMessage(null);
}
