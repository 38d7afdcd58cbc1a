/**
 * @file The misuse walk: calls functions, constructors and methods with wrong arguments of every kind. Each call may return a
 * result or throw a `ChainruleError`, but nothing else; nothing may take long, and the engine must work afterwards.
 */
import fc from 'fast-check';
import { ChainruleError, setDebug, Tensor, tensor } from '../../src/index.js';
import { CallersError } from './hostile.js';
import { anyValue, randomFrom } from './values.js';

/** Something that can be called. */
export interface Subject {
  readonly name: string;
  call(args: readonly unknown[]): unknown;
  /** Arguments to try at most; four by default. */
  readonly arity?: number;
  /** Puts back what a call may change for all calls after it. */
  restore?(): void;
}

/** What a call did that no call may do. */
export interface Fault {
  readonly call: string;
  readonly what: string;
}

export interface WalkResult {
  readonly calls: number;
  /** Calls that were refused with a `ChainruleError`. */
  readonly refused: number;
  readonly faults: readonly Fault[];
  /** A sample of the messages. */
  readonly messages: readonly string[];
}

export interface WalkOptions {
  /** Default: 1, or what `CHAINRULE_SEED` asks for, see tools/seed.ts. */
  readonly seed?: number;
  /** Calls of each subject. */
  readonly rounds: number;
  /** The longest a call may take, in ms. */
  readonly limit?: number;
  /** Told of every call before it is made: to find one that never ends. */
  readonly onCall?: (call: string) => void;
  readonly value?: (random: () => number) => unknown;
}

/** Functions and classes of a module, and of the namespaces in it. */
export function subjectsOf(
  module: object,
  prefix: string,
  except: readonly string[] = [],
): Subject[] {
  const subjects: Subject[] = [];
  for (const [name, value] of Object.entries(module) as [string, unknown][]) {
    const full = `${prefix}${name}`;
    if (except.includes(full) || /Error$/.test(name)) continue;
    if (typeof value === 'function') {
      const isClass = /^class\b/.test(Function.prototype.toString.call(value));
      subjects.push({
        name: isClass ? `new ${full}` : full,
        call: isClass
          ? (args) => Reflect.construct(value, [...args]) as unknown
          : (args) => Reflect.apply(value, undefined, [...args]) as unknown,
      });
    } else if (typeof value === 'object' && value !== null && !(value instanceof Tensor)) {
      subjects.push(...subjectsOf(value, `${full}.`, except));
    }
  }
  return subjects;
}

/** The methods of what `make` gives, a new one for each call, without what is internal. */
export function methodsOf(
  name: string,
  make: () => object,
  except: readonly string[] | ((className: string, method: string) => boolean) = [],
): Subject[] {
  const subjects: Subject[] = [];
  const seen = new Set<PropertyKey>(['constructor']);
  const isInside =
    typeof except === 'function' ? except : (_: string, key: string) => except.includes(key);
  for (
    let level: unknown = Object.getPrototypeOf(make());
    level !== Object.prototype && level !== null;
    level = Object.getPrototypeOf(level)
  ) {
    for (const key of Reflect.ownKeys(level as object)) {
      if (seen.has(key) || typeof key === 'symbol') continue;
      seen.add(key);
      if (isInside((level as object).constructor.name, key)) continue;
      const descriptor = Object.getOwnPropertyDescriptor(level, key);
      const method: unknown = descriptor?.value;
      // eslint-disable-next-line @typescript-eslint/unbound-method -- applied to an instance
      const set = descriptor?.set;
      if (typeof method === 'function') {
        subjects.push({
          name: `${name}.${key}`,
          call: (args) => {
            const instance = make() as Record<string, (...args: unknown[]) => unknown>;
            return instance[key]?.(...args);
          },
        });
      } else if (set !== undefined) {
        subjects.push({
          name: `${name}.${key} =`,
          arity: 1,
          call: (args) => Reflect.apply(set, make(), [args[0]]),
        });
      }
    }
  }
  return subjects;
}

const asked =
  process.env['CHAINRULE_SEED'] === undefined ? 1 : (fc.readConfigureGlobal().seed ?? 1);

/** Calls every subject `rounds` times. */
export async function walk(
  subjects: readonly Subject[],
  options: WalkOptions,
): Promise<WalkResult> {
  const { seed = asked, rounds, onCall } = options;
  const { limit = 1000, value = anyValue } = options;
  const faults: Fault[] = [];
  const messages: string[] = [];
  let calls = 0;
  let refused = 0;
  for (const subject of subjects) {
    // A subject's calls do not depend on those before it.
    const random = randomFrom(seed + hash(subject.name));
    for (let i = 0; i < rounds; i++) {
      const n = Math.floor(random() * ((subject.arity ?? 4) + 1));
      const args = Array.from({ length: n }, () => value(random));
      const call = `${subject.name}(${args.map(describe).join(', ')})`;
      onCall?.(call);
      calls++;
      const start = performance.now();
      const used = process.cpuUsage();
      try {
        await look(subject.call(args));
      } catch (error) {
        if (error instanceof ChainruleError) {
          refused++;
          if (random() < 0.02) messages.push(error.message);
          const bad = complaint(error.message);
          if (bad !== null) faults.push({ call, what: `${bad}: ${error.message}` });
        } else if (!(error instanceof CallersError)) faults.push({ call, what: unexpected(error) });
      }
      // On a machine with other work to do the clock says little.
      const { user, system } = process.cpuUsage(used);
      const time = Math.min(performance.now() - start, (user + system) / 1000);
      if (time > limit) faults.push({ call, what: `took ${Math.round(time)} ms` });
      subject.restore?.();
      if (calls % 50 === 0 && !works()) {
        setDebug(0);
        faults.push({ call, what: 'the engine gives wrong answers afterwards' });
      }
    }
  }
  if (!works()) faults.push({ call: 'the last call', what: 'the engine does not work afterwards' });
  return { calls, refused, faults, messages };
}

/** Evaluates small results, as what is wrong may show only then. */
async function look(result: unknown, depth = 0): Promise<void> {
  if (!canBeLookedAt(result)) return; // a hostile argument that was given back
  if (result instanceof Tensor) {
    if (result.size < 1e5) result.dataSync();
  } else if (result instanceof Promise) await look(await result, depth);
  else if (Array.isArray(result) && depth < 3)
    for (const x of result.slice(0, 10)) await look(x, depth + 1);
  else if (typeof result === 'object' && result !== null && depth < 2) {
    const prototype: unknown = Object.getPrototypeOf(result);
    if (prototype === Object.prototype) {
      for (const x of Object.values(result).slice(0, 10)) await look(x, depth + 1);
    }
  }
}

function canBeLookedAt(x: unknown): boolean {
  if (typeof x !== 'object' || x === null) return true;
  try {
    return (
      Object.getPrototypeOf(x) !== undefined &&
      Reflect.ownKeys(x).length >= 0 &&
      Reflect.get(x, 'then') !== 0
    );
  } catch {
    return false;
  }
}

/** Whether the engine computes and differentiates as it should. */
function works(): boolean {
  try {
    const x = tensor([1, 2, 3], { requiresGrad: true });
    const y = x.mul(x).sum();
    y.backward();
    return y.item() === 14 && String(x.grad?.toArray()) === '2,4,6';
  } catch {
    return false;
  }
}

/** What is wrong with a message, if anything is. */
function complaint(message: string): string | null {
  if (/\bundefined\b/.test(message)) return 'says undefined';
  if (/is not a function|not iterable|Cannot read/.test(message))
    return 'says what JavaScript says';
  if (/\[object /.test(message)) return 'shows [object …]';

  if (/[\u0000-\u0009\u000b-\u001f\u007f]/.test(message)) return 'has control characters';
  if (message.length > 1500) return `has ${message.length} characters`;
  return null;
}

function unexpected(error: unknown): string {
  if (!(error instanceof Error)) return `threw ${typeof error}`;
  const at = /at .*packages\/\w+\/src\/[^)\n]*/.exec(error.stack ?? '')?.[0] ?? '';
  return `${error.name}: ${error.message.slice(0, 200)} ${at}`;
}

function hash(text: string): number {
  let h = 0;
  for (const c of text) h = (Math.imul(h, 31) + (c.codePointAt(0) as number)) | 0;
  return h;
}

/** An argument as a fault shows it. Not the library's own: that is what is tested. */
function describe(x: unknown): string {
  try {
    if (x instanceof Tensor) return `Tensor[${String(x.shape)}]:${x.dtype}`;
    if (typeof x === 'function') return x.toString().slice(0, 30);
    if (typeof x === 'bigint') return `${x}n`;
    if (typeof x === 'number' || typeof x === 'symbol' || x === undefined) return String(x);
    if (typeof x !== 'object' || x === null) return JSON.stringify(x)?.slice(0, 60) ?? typeof x;
    if (Array.isArray(x))
      return `[${x
        .slice(0, 4)
        .map((y) => (Array.isArray(y) ? '[…]' : describe(y)))
        .join()}]`;
    const entries = Object.entries(x).slice(0, 3);
    return `${x.constructor?.name ?? ''}{${entries.map(([k, v]) => `${k}: ${typeof v === 'object' && v !== null && !(v instanceof Tensor) ? '…' : describe(v)}`).join()}}`;
  } catch {
    return '<hostile>';
  }
}
