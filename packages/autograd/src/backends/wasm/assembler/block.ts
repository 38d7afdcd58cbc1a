/**
 * @file A kernel in two parts: its form, which is code, and the words of its block, which are numbers.
 *
 * Sizes, strides, constants and addresses are words. A function is written once for a form and reads the block it is called
 * with, so kernels of one form share it, whatever their sizes.
 */
import { addAll } from '../../../graph/lists.js';
import type { BufferRef } from '../../../engine/compile/bufferRef.js';
import { itemSize, type DType } from '../../../graph/dtype.js';
import type { FunctionBuilder, ModuleBuilder, Word } from './moduleBuilder.js';

/** The buffer number of scratch memory; no slot has so high a number. */
export const SCRATCH_BUFFER = 2 ** 30;

/** A word that holds an address: an offset of `bytes` into a buffer. */
export interface Pointer {
  readonly word: number;
  readonly buffer: number;
  readonly bytes: number;
}

/** Scratch memory that all threads share. */
export class Scratch {
  /** How many bytes of it are taken. */
  bytes: number;

  constructor(bytes: number) {
    this.bytes = bytes;
  }

  /** Takes memory for `count` elements. */
  take(dtype: DType, count: number): BufferRef {
    const offset = this.bytes / itemSize[dtype];
    this.bytes += Math.ceil((count * itemSize[dtype]) / 64) * 64;
    return { buffer: SCRATCH_BUFFER, dtype, offset };
  }
}

const bits = new DataView(new ArrayBuffer(8));

/** The words that one kernel reads, in the order in which they were added. */
export class Block {
  /** Addresses are 0 here: the address of a buffer is known only when a plan runs. */
  readonly words: number[] = [];
  readonly pointers: Pointer[] = [];

  /** The address of an operand. */
  place({ buffer, offset, dtype }: BufferRef): Word {
    const { word } = this.number(0);
    this.pointers.push({ word, buffer, bytes: offset * itemSize[dtype] });
    return { word };
  }

  number(value: number): Word {
    return { word: this.words.push(value) - 1 };
  }

  /** Appends another block; returns the bytes from the beginning of this block to it. */
  append(block: Block): number {
    const at = this.words.length * 4;
    addAll(this.words, block.words);
    return at;
  }

  float32(value: number): Word {
    bits.setFloat32(0, value, true);
    return this.number(bits.getInt32(0, true));
  }

  /** Takes two words. */
  float64(value: number): Word {
    bits.setFloat64(0, value, true);
    const low = this.number(bits.getInt32(0, true));
    this.number(bits.getInt32(4, true));
    return low;
  }
}

/** A kernel ready to be called: kernels with equal keys share one function. */
export interface FormedKernel {
  readonly key: string;
  readonly block: Block;
  /** Whether all threads take part; otherwise only the first runs it. */
  readonly parallel: boolean;
  /** Scratch bytes for each thread, beyond `FOLD_BYTES`. */
  readonly threadScratch: number;
  /** Whether a BLAS library is called. */
  readonly usesBlas?: boolean;
  /** Writes the function: `(block, thread, threads, scratch) → ()`. */
  write(module: ModuleBuilder): FunctionBuilder;
}
