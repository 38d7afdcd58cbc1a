/**
 * @file A Jupyter kernel for this repository's notebooks: cells of TypeScript with imports, types and top-level await, run
 * as `npx ts-node` runs them, that is without checking types. Jupyter starts it; see examples/JUPYTER.md.
 *
 * Usage: npx ts-node tools/jupyter/kernel.ts CONNECTION-FILE
 */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { formatWithOptions, inspect, stripVTControlCharacters } from 'node:util';
import { constants, Script } from 'node:vm';
import { Worker } from 'node:worker_threads';
import type { Output } from '../../examples/lib/notebook.js';
import { formsOf } from '../notebooks/outputForms.js';
import { cellScript } from './cellScript.js';
import { complete } from './complete.js';
import { answer, decodeMessage, encodeMessage, type Connection, type Message } from './message.js';

/** The parts of the npm package zeromq that are used; `tools/jupyter/start.ts` installs it beside the kernel's description. */
interface Socket extends AsyncIterable<Buffer[]> {
  bind(address: string): Promise<void>;
  send(frames: readonly Buffer[]): Promise<void>;
  sendHighWaterMark: number;
}
type SocketType = new () => Socket;
const require = createRequire(process.env['CHAINRULE_ZEROMQ'] ?? import.meta.url);
const { Router, Publisher, Reply } = require('zeromq') as Record<
  'Router' | 'Publisher' | 'Reply',
  SocketType
>;

/** Cells import as if they were in a file of this folder. */
const examples = fileURLToPath(new URL('../../examples', import.meta.url));
const connection = JSON.parse(readFileSync(process.argv[2] ?? '', 'utf8')) as Connection;

async function bound(Type: SocketType, port: number): Promise<Socket> {
  const socket = new Type();
  socket.sendHighWaterMark = 0; // outputs are never dropped
  await socket.bind(`${connection.transport}://${connection.ip}:${port}`);
  return socket;
}
const shell = await bound(Router, connection.shell_port);
const published = await bound(Publisher, connection.iopub_port);
const heartbeat = await bound(Reply, connection.hb_port);
await bound(Router, connection.stdin_port);

/** The current request: outputs belong to it. */
let request: Message | undefined;
let executions = 0;

const send = (socket: Socket, message: Message): void =>
  void socket.send(encodeMessage(message, connection.key));
const publish = (type: string, content: Message['content']): void =>
  send(published, answer(type, content, request));

// The outputs of notebooks: those shown with examples/lib/notebook.ts, and printed text.
const show = (output: Output): void => {
  if (output.mime === 'text/plain') publish('stream', { name: 'stdout', text: output.data });
  else publish('display_data', { data: formsOf(output), metadata: {}, transient: {} });
};
const printer = (name: 'stdout' | 'stderr') => (chunk: string | Uint8Array) => {
  const text = typeof chunk === 'string' ? chunk : Buffer.from(chunk).toString();
  publish('stream', { name, text: stripVTControlCharacters(text) });
  return true;
};
Object.assign(globalThis, { __notebook: show });
process.stdout.write = printer('stdout');
process.stderr.write = printer('stderr');

/** The number of the running cell, from 1; 0 between cells: `control.ts` interrupts nothing else. */
let cells = 0;
const running = new Int32Array(new SharedArrayBuffer(4));
let stop: ((why: Error) => void) | undefined;
const stopped = (): Error =>
  Object.assign(new Error('the cell was stopped'), { name: 'Interrupted' });

/** Runs a cell until it has ended or was interrupted; a waiting cell is abandoned. */
function stoppable(cell: () => unknown): Promise<unknown> {
  return new Promise((resolve, reject) => {
    stop = reject;
    Atomics.store(running, 0, ++cells);
    // In a turn of its own, and there in a promise callback: Node continues if such a callback is interrupted from outside.
    setImmediate(() => void Promise.resolve().then(cell).then(resolve, reject));
  }).finally(() => {
    Atomics.store(running, 0, 0);
    stop = undefined;
  });
}

async function execute({ code, silent }: { code: string; silent: boolean }) {
  if (!silent) publish('execute_input', { code, execution_count: ++executions });
  try {
    const script = new Script(cellScript(code), {
      filename: join(examples, `cell-${executions}.ts`),
      importModuleDynamically: constants.USE_MAIN_CONTEXT_DEFAULT_LOADER,
    });
    const value: unknown = await stoppable(() => script.runInThisContext() as unknown);
    // A plot returns its picture, which has been shown already.
    const isPicture = typeof value === 'string' && value.startsWith('<svg');
    if (value !== undefined && !isPicture && !silent) {
      const data = { 'text/plain': inspect(value) };
      publish('execute_result', { execution_count: executions, data, metadata: {} });
    }
    return { status: 'ok', execution_count: executions, payload: [], user_expressions: {} };
  } catch (thrown) {
    const error = thrown instanceof Error ? thrown : new Error(String(thrown));
    const traceback = formatWithOptions({}, error).split('\n');
    const content = { ename: error.name, evalue: error.message, traceback };
    publish('error', content);
    return { status: 'error', execution_count: executions, ...content };
  }
}

const INFO = {
  status: 'ok',
  protocol_version: '5.3',
  implementation: 'chainrule',
  implementation_version: '0.1.0',
  language_info: {
    name: 'typescript',
    version: '5.9',
    mimetype: 'application/typescript',
    file_extension: '.ts',
    codemirror_mode: 'text/typescript',
  },
  banner: 'TypeScript, with Chainrule from its sources',
  help_links: [],
};

async function reply({ header, content }: Message): Promise<Message['content'] | undefined> {
  switch (header.msg_type) {
    case 'kernel_info_request':
      return INFO;
    case 'execute_request':
      return execute(content as { code: string; silent: boolean });
    case 'is_complete_request':
      return { status: 'unknown' };
    case 'complete_request': {
      const { code, cursor_pos } = content as { code: string; cursor_pos: number };
      const { matches, start, end } = complete(code, cursor_pos, globalThis);
      return { status: 'ok', matches, cursor_start: start, cursor_end: end, metadata: {} };
    }
    case 'inspect_request':
      return { status: 'ok', found: false, data: {}, metadata: {} };
    case 'history_request':
      return { status: 'ok', history: [] };
    case 'comm_info_request':
      return { status: 'ok', comms: {} };
    default:
      return undefined; // comm messages of widgets, which do not exist here
  }
}

async function serve(socket: Socket): Promise<void> {
  for await (const frames of socket) {
    const message = decodeMessage(frames, connection.key);
    request = message;
    publish('status', { execution_state: 'busy' });
    const content = await reply(message);
    const type = message.header.msg_type.replace(/_request$/, '_reply');
    if (content) send(socket, answer(type, content, message, message.identities));
    request = message;
    publish('status', { execution_state: 'idle' });
  }
}

process.on('SIGINT', () => undefined); // Ctrl-C in Jupyter's terminal is not for the kernel
// Threads cannot load TypeScript without this.
const [hooks, control] = ['../ts-node-hooks.mjs', './control.ts'].map((path) =>
  JSON.stringify(new URL(path, import.meta.url)),
);
new Worker(`require('node:module').register(${hooks}); void import(${control});`, {
  eval: true,
  workerData: { connection, running, zeromq: process.env['CHAINRULE_ZEROMQ'] ?? import.meta.url },
}).on('message', () => {
  Atomics.store(running, 0, 0);
  stop?.(stopped());
});
publish('status', { execution_state: 'starting' });
void serve(shell);
for await (const frames of heartbeat) await heartbeat.send(frames);
