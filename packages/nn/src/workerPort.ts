/** @file The two ends of the connection to a worker, for pages and for Node. */

/** A `Worker` of a browser or of `node:worker_threads`; which of them is detected. */
export interface WorkerLike {
  /** Sends a message. */
  postMessage(message: unknown): void;
  /** Ends the worker. */
  terminate(): unknown;
}

type Listens = (type: string, listener: (value: never) => void) => void;

/** The ways in which workers of pages and of Node are listened to. */
type Emitter = Partial<Record<'on' | 'off' | 'addEventListener' | 'removeEventListener', Listens>>;

/** One end: sends messages, and listens for them. */
export interface Port {
  readonly post: (message: unknown, transfer?: ArrayBuffer[]) => void;
  /** Listens until the returned function is called. */
  readonly listen: (
    heard: (message: unknown) => void,
    failed?: (reason: string) => void,
  ) => () => void;
}

interface MessageLike {
  readonly data?: unknown;
  readonly message?: string;
  readonly filename?: string;
}

/** The page's end of a worker. */
export function portOf(worker: WorkerLike): Port {
  return {
    post: (message) => worker.postMessage(message),
    listen: (heard, failed = () => undefined) => {
      const emitter = worker as Emitter;
      const inNode = typeof emitter.on === 'function';
      const listeners: Record<string, (value: never) => void> = inNode
        ? {
            message: (message) => heard(message),
            error: (error: Error) => failed(error.message),
            exit: (code: number) => failed(`it ended with code ${code}`),
          }
        : {
            message: ({ data }: MessageLike) => heard(data),
            error: ({ message, filename }: MessageLike) =>
              failed(message ?? `its script could not be loaded${filename ? `: ${filename}` : ''}`),
            messageerror: () => failed('a message could not be read'),
          };
      const [add, remove] = inNode
        ? (['on', 'off'] as const)
        : (['addEventListener', 'removeEventListener'] as const);
      for (const [type, listener] of Object.entries(listeners)) emitter[add]?.(type, listener);
      return () => {
        for (const [type, listener] of Object.entries(listeners)) emitter[remove]?.(type, listener);
      };
    },
  };
}

interface NodeThreads {
  readonly parentPort: {
    postMessage(message: unknown, transfer?: ArrayBuffer[]): void;
    on(type: 'message', listener: (message: unknown) => void): void;
    off(type: 'message', listener: (message: unknown) => void): void;
  } | null;
}

/** The worker's end, or null outside of workers. */
export function ownPort(): Port | null {
  const scope = globalThis as unknown as {
    process?: { getBuiltinModule?(id: string): unknown };
    document?: unknown;
    postMessage?(message: unknown, transfer?: ArrayBuffer[]): void;
    addEventListener?(type: string, listener: (event: MessageLike) => void): void;
    removeEventListener?(type: string, listener: (event: MessageLike) => void): void;
  };
  const threads = scope.process?.getBuiltinModule?.('node:worker_threads') as
    NodeThreads | undefined;
  const parent = threads?.parentPort;
  if (parent) {
    return {
      post: (message, transfer) => parent.postMessage(message, transfer),
      listen: (heard) => {
        parent.on('message', heard);
        return () => parent.off('message', heard);
      },
    };
  }
  if (scope.document !== undefined || scope.postMessage === undefined || threads !== undefined)
    return null;
  return {
    post: (message, transfer) => scope.postMessage?.(message, transfer),
    listen: (heard) => {
      const listener = ({ data }: MessageLike): void => heard(data);
      scope.addEventListener?.('message', listener);
      return () => scope.removeEventListener?.('message', listener);
    },
  };
}
