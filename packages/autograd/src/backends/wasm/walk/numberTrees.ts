/**
 * @file Trees of single numbers: a number that is read once, by a function of numbers, is computed in the kernel that reads it.
 *
 * A dot product written number by number then takes one kernel instead of one per node. Trees are equal if they have the same
 * operations and the same operands are equal. Models repeat a few trees; trees that a program rarely repeats are not merged,
 * because each is a function to compile.
 */
import type { LoopKernel, Scalar } from '../../../engine/compile/kernel.js';
import type { Instruction, Program } from '../../../engine/program.js';
import { itemSize, type DType } from '../../../graph/dtype.js';
import { sizeOf } from '../../../graph/shape.js';
import { supports } from '../elements/elementOps.js';
import { planLoop } from '../loops/planLoop.js';
import { SCRATCH_BUFFER, type FormedKernel } from '../assembler/block.js';
import type { WalkContext } from './walkContext.js';

/** The most operations of a tree, so that its operands fit into one call. */
const MAX_TREE = 24;
/** Trees that a program contains less often than this are not merged. */
const MIN_REPEATS = 4;

/** The slots that one kernel computes; the last of them is the root. */
interface Tree {
  readonly key: string;
  readonly slots: number[];
  /** The slots that it reads, each once. */
  readonly operands: number[];
}

export class NumberTrees {
  private readonly instructions: readonly Instruction[];
  /** For each slot the root of its tree; the slot itself, if it is in no tree. */
  private readonly roots: Int32Array;
  private readonly trees = new Map<number, Tree>();

  constructor({ instructions, outputs }: Program) {
    this.instructions = instructions;
    this.roots = this.rootsOf(outputs);
    const slots = new Map<number, number[]>();
    this.roots.forEach((root, slot) => {
      if (root !== slot) slots.set(root, [...(slots.get(root) ?? []), slot]);
    });
    const counts = new Map<string, number>();
    for (const [root, inner] of slots) {
      const tree = this.treeOf([...inner, root]);
      this.trees.set(root, tree);
      counts.set(tree.key, (counts.get(tree.key) ?? 0) + 1);
    }
    for (const [root, { key, slots }] of this.trees) {
      if ((counts.get(key) ?? 0) >= MIN_REPEATS) continue;
      this.trees.delete(root);
      for (const slot of slots) this.roots[slot] = slot;
    }
  }

  /** The slot whose kernel computes a slot. */
  rootOf(slot: number): number {
    return this.roots[slot] ?? slot; // copies are added on the way
  }

  /** The slots that the kernel of a root computes; null if it computes only the root. */
  slotsOf(root: number): readonly number[] | null {
    return this.trees.get(root)?.slots ?? null;
  }

  /** Writes the call that computes a tree. */
  write(site: WalkContext, root: number): void {
    const { key, operands, slots } = this.trees.get(root) as Tree;
    const { base, views, instructions, calls, arrays, context } = site;
    const known = site.kernels.tree(key, () => {
      const formed = planLoop(this.kernelOf(slots, operands), context) as FormedKernel;
      return { formed, form: arrays.forms.find(formed, context) };
    });
    const { words, pointers } = known.formed.block;
    calls.need(known.formed.threadScratch);
    calls.call(known.form);
    let next = 0;
    words.forEach((word, at) => {
      const pointer = pointers[next]?.word === at ? pointers[next++] : undefined;
      if (pointer === undefined) return calls.word(word);
      if (pointer.buffer === SCRATCH_BUFFER) return calls.scratchAddress(pointer.bytes);
      const slot = operands[pointer.buffer];
      if (slot === undefined) return calls.address(root, 0);
      const { dtype } = instructions[slot] as Instruction;
      calls.address(base[slot]!, (views[slot]?.offset ?? 0) * itemSize[dtype]);
    });
  }

  private rootsOf(outputs: readonly number[]): Int32Array {
    const { instructions } = this;
    const reads = new Int32Array(instructions.length);
    const reader = new Int32Array(instructions.length);
    instructions.forEach(({ inputs }, slot) => {
      for (const x of inputs) {
        reads[x]!++;
        reader[x] = slot;
      }
    });
    for (const slot of outputs) reads[slot] = 2; // it has a buffer of its own
    const isNumber = instructions.map((instruction) => this.isFunctionOfNumbers(instruction));
    const roots = new Int32Array(instructions.length);
    const sizes = new Int32Array(instructions.length).fill(1);
    for (let slot = instructions.length - 1; slot >= 0; slot--) {
      const root = roots[reader[slot]!]!;
      const joins = isNumber[slot] && reads[slot] === 1 && isNumber[reader[slot]!];
      roots[slot] = joins && sizes[root]! < MAX_TREE ? root : slot;
      if (roots[slot] !== slot) sizes[root]!++;
    }
    return roots;
  }

  private isFunctionOfNumbers({ op, inputs, shape, dtype }: Instruction): boolean {
    if (op?.lowering.kind !== 'element' || sizeOf(shape) !== 1 || !supports(op.name, dtype))
      return false;
    return inputs.every((x) => sizeOf((this.instructions[x] as Instruction).shape) === 1);
  }

  private treeOf(slots: number[]): Tree {
    const { instructions } = this;
    const operands: number[] = [];
    let key = '';
    for (const slot of slots) {
      const { op, inputs, dtype } = instructions[slot] as Instruction;
      key += `${op?.name} ${dtype}`;
      for (const x of inputs) {
        const inner = slots.indexOf(x);
        const known = inner < 0 ? operands.indexOf(x) : -1;
        const operand = inner >= 0 || known >= 0 ? known : operands.push(x) - 1;
        key += inner >= 0 ? ` ${inner}` : ` :${operand}${(instructions[x] as Instruction).dtype}`;
      }
      key += ';';
    }
    return { key, slots, operands };
  }

  /** The kernel of a tree; its operands are the buffers from 0 on, and its result is the one after them. */
  private kernelOf(slots: readonly number[], operands: readonly number[]): LoopKernel {
    const dtypeOf = (slot: number): DType => (this.instructions[slot] as Instruction).dtype;
    const body: Scalar[] = operands.map((x, input) => ({
      ...{ kind: 'load', input, dtype: dtypeOf(x) },
    }));
    const at = (x: number): number => {
      const inner = slots.indexOf(x);
      return inner < 0 ? operands.indexOf(x) : operands.length + inner;
    };
    for (const slot of slots) {
      const { op, inputs, dtype } = this.instructions[slot] as Instruction;
      body.push({ kind: 'op', op: op?.name ?? '', args: inputs.map(at), dtype });
    }
    const number = (buffer: number, dtype: DType): LoopKernel['inputs'][number] => ({
      ...{ buffer, dtype, offset: 0, strides: [] },
    });
    return {
      ...{ kind: 'loop', outer: [], inner: [], body },
      inputs: operands.map((x, k) => number(k, dtypeOf(x))),
      outputs: [
        { ...number(operands.length, dtypeOf(slots.at(-1) as number)), value: body.length - 1 },
      ],
    };
  }
}
