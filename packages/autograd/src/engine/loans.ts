/**
 * @file Large results that nobody has read yet stay in the backend's memory, in blocks that are reused.
 *
 * A new array costs more than most operations: its pages are zeroed and mapped one by one. When newer results need the room,
 * an older one that can be recomputed from its leaves is dropped, and recomputed if somebody asks for it; any other moves to
 * an array of its own, as when it is read.
 */
import { DeviceError } from '../errors.js';
import { itemSize, type DType } from '../graph/dtype.js';
import { runtime } from '../graph/runtime.js';
import { isHost, type Storage } from '../graph/values/storage.js';
import type { Tensor } from '../graph/tensor.js';
import { isNumber, placeholderOp, versionOp } from '../graph/version.js';
import { nextMark } from './collect.js';
import type { Backend } from './program.js';
import { dropInputs } from './views.js';

/** Smaller results, in bytes, cost no more in an array of their own. */
const MIN_LOAN_BYTES = 2 ** 16;
/** The total of all loans in bytes; a larger result is the only loan. */
const MAX_LOAN_BYTES = 2 ** 24;
/** A result of more nodes than this is not recomputed. */
export const MAX_RECOMPUTED_NODES = 100;

interface Loan {
  readonly node: Tensor;
  readonly value: Storage;
  readonly backend: Backend;
}

/** The oldest first. */
const loans: Loan[] = [];
let bytes = 0;

/** Memory for a result; null if it should have an array of its own. `used` are inputs of the same run. */
export function borrowMemory(
  { dtype, size }: { readonly dtype: DType; readonly size: number },
  backend: Backend,
  used: readonly unknown[],
): Storage | null {
  const needed = size * itemSize[dtype];
  if (needed < MIN_LOAN_BYTES) return null;
  while (bytes > 0 && bytes + needed > MAX_LOAN_BYTES) {
    const at = loans.findIndex((loan) => !used.includes(loan.node));
    if (at < 0) return null; // the rest is in use by this very run
    endLoan(at);
  }
  try {
    const array = backend.allocate(dtype, size);
    if (array !== null) bytes += needed;
    return array;
  } catch (error) {
    if (error instanceof DeviceError) return null; // the run itself reports what there is no room for
    throw error;
  }
}

/** Takes back what `borrowMemory` gave for a run that failed. */
export function revokeLoan(value: Storage, backend: Backend): void {
  bytes -= value.byteLength;
  backend.release(value);
}

/** The node's value now lies in `value`, which `borrowMemory` gave. */
export function lend(node: Tensor, value: Storage, backend: Backend): void {
  node.value = value;
  if (!isHost(value)) node.home = value.device;
  loans.push({ node, value, backend });
  runtime.onRead = copyOut;
}

/** Moves a node's value out of the backend's memory into an array of its own. */
function copyOut(node: Tensor): void {
  const at = loans.findIndex((loan) => loan.node === node);
  if (at < 0) return;
  makeOwned(at);
}

function endLoan(at: number): void {
  const loan = loans[at] as Loan;
  if (!canRecompute(loan)) return makeOwned(at);
  loan.node.value = null;
  removeLoan(at);
  revokeLoan(loan.value, loan.backend);
}

/** On a device, which has no other memory, the value stays where it is and is no longer a loan. */
function makeOwned(at: number): void {
  const { node, value, backend } = removeLoan(at);
  dropInputs(node);
  if (!isHost(value)) {
    bytes -= value.byteLength;
    return;
  }
  node.value = value.slice();
  revokeLoan(value, backend);
}

function removeLoan(at: number): Loan {
  const [loan] = loans.splice(at, 1) as [Loan];
  if (loans.length === 0) runtime.onRead = null;
  return loan;
}

/** Whether the graph behind a result can still recompute it, and keeps little memory alive for that. */
function canRecompute({ node, value }: Loan): boolean {
  const mark = nextMark();
  const stack = [node];
  let nodes = 0;
  let held = 0;
  for (let top = stack.pop(); top !== undefined; top = stack.pop()) {
    if (++nodes > MAX_RECOMPUTED_NODES || (top.needsGrad && top.inputs.length === 0)) return false;
    if (top.op === null || top.op === placeholderOp || top.op === versionOp) return false;
    for (const x of top.inputs) {
      if (x.mark === mark) continue;
      x.mark = mark;
      if (x.cell !== null) return false; // a later version may take its place
      if (x.value !== null) held += x.value.byteLength;
      else if (!isNumber(x)) stack.push(x);
    }
  }
  return held <= 2 * value.byteLength;
}
