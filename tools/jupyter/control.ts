/**
 * @file The kernel's control channel, on a separate thread: it interrupts a cell in the middle of a loop, and ends a kernel
 * that does not react. It first sends a message to the thread of the cells, and interrupts that thread from outside if it
 * does not react.
 */
import { Session } from 'node:inspector';
import { createRequire } from 'node:module';
import { parentPort, workerData } from 'node:worker_threads';
import { answer, decodeMessage, encodeMessage, type Connection, type Message } from './message.js';

interface Router extends AsyncIterable<Buffer[]> {
  bind(address: string): Promise<void>;
  send(frames: readonly Buffer[]): Promise<void>;
}
const { connection, running, zeromq } = workerData as {
  connection: Connection;
  running: Int32Array;
  zeromq: string;
};
const { Router } = createRequire(zeromq)('zeromq') as { Router: new () => Router };
/** How long a waiting cell has to react to an interrupt. */
const PATIENCE = 200;

const session = new Session();
session.connectToMainThread();

async function interrupt(): Promise<void> {
  const cell = Atomics.load(running, 0);
  if (cell === 0) return;
  parentPort?.postMessage('stop');
  await new Promise((resume) => setTimeout(resume, PATIENCE));
  if (Atomics.load(running, 0) === cell) session.post('Runtime.terminateExecution');
}

const router = new Router();
await router.bind(`${connection.transport}://${connection.ip}:${connection.control_port}`);
for await (const frames of router) {
  const message = decodeMessage(frames, connection.key);
  const reply = async (content: Message['content']): Promise<void> => {
    const type = message.header.msg_type.replace(/_request$/, '_reply');
    const said = answer(type, content, message, message.identities);
    await router.send(encodeMessage(said, connection.key));
  };
  if (message.header.msg_type === 'interrupt_request') {
    await interrupt();
    await reply({ status: 'ok' });
  } else if (message.header.msg_type === 'shutdown_request') {
    await reply({ status: 'ok', restart: message.content['restart'] });
    setTimeout(() => process.kill(process.pid, 'SIGTERM'), 100); // gives the answer time to be sent
  }
}
