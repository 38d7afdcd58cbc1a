/** @file The sizes of a convolution by name, and the arithmetic of its places and taps. */
import type { ConvKernel } from '../../../../engine/compile/operators.js';
import type { ShaderWriter } from '../shaderWriter.js';

/** Names of the sizes of a convolution, and the arithmetic of its places. */
export class ConvText {
  readonly window: readonly string[];
  readonly outSize: readonly string[];
  private readonly w: ShaderWriter;
  private readonly kernel: ConvKernel;
  private readonly size: readonly string[];
  private readonly stride: readonly string[];
  private readonly low: readonly string[];
  private readonly dilation: readonly string[];
  readonly n: string;
  readonly c: string;
  readonly o: string;
  private readonly g: string;

  constructor(w: ShaderWriter, k: ConvKernel) {
    this.w = w;
    this.kernel = k;
    const named = (x: number, signed = false): string => {
      const own = w.fresh('k');
      w.line(`let ${own} = ${signed ? `bitcast<i32>(${w.word(x)})` : w.word(x)};`);
      return own;
    };
    this.stride = k.stride.map((x) => named(x, true));
    this.low = k.padLow.map((x) => named(x, true));
    this.dilation = k.dilation.map((x) => named(x, true));
    this.size = k.size.map((x) => named(x));
    this.window = k.window.map((x) => named(x));
    this.outSize = k.outSize.map((x) => named(x));
    this.n = named(k.batch);
    this.g = named(k.groups);
    this.c = named(k.inChannels);
    this.o = named(k.outChannels);
  }

  private flat(of: readonly string[], at: readonly string[]): string {
    return at.reduce((e, x, d) => (d === 0 ? x : `(${e}) * ${of[d]!} + ${x}`), '');
  }

  /** The position of an element of x, w or y. */
  x(...at: readonly string[]): string {
    return this.flat([this.n, this.g, this.c, ...this.size], at);
  }
  weight(...at: readonly string[]): string {
    return this.flat([this.g, this.o, this.c, ...this.window], at);
  }
  y(...at: readonly string[]): string {
    return this.flat([this.n, this.g, this.o, ...this.outSize], at);
  }

  /** Lines that define the position `x0`, … that a tap reads at a place; `otherwise` runs in the padding. */
  read(d: number, place: string, tap: string, otherwise: string): void {
    this.w.line(
      `let q${d} = i32(${place}) * ${this.stride[d]!} - ${this.low[d]!} + i32(${tap}) * ${this.dilation[d]!}; if (q${d} < 0 || q${d} >= i32(${this.size[d]!})) { ${otherwise} } let x${d} = u32(q${d});`,
    );
  }

  /** Lines that define the place `y0`, … whose tap reads a position; `otherwise` runs if there is none. */
  readBy(d: number, position: string, tap: string, otherwise: string): void {
    this.w.line(
      `let q${d} = i32(${position}) + ${this.low[d]!} - i32(${tap}) * ${this.dilation[d]!}; if (q${d} < 0 || q${d} % ${this.stride[d]!} != 0 || q${d} / ${this.stride[d]!} >= i32(${this.outSize[d]!})) { ${otherwise} } let y${d} = u32(q${d} / ${this.stride[d]!});`,
    );
  }

  // For tiles: what depends on a row and on a step of k separately.

  /** The first channel of a group of an example: of the input, or of the output. */
  channels(example: string, group: string, input: boolean): string {
    return `(${example} * ${this.g} + ${group}) * ${input ? this.c : this.o}`;
  }

  /** The share of a row's coordinate in the position that is read, of type i32. */
  rowPlace(d: number, at: string): string {
    const [stride, low, dilation] = [this.stride[d]!, this.low[d]!, this.dilation[d]!];
    switch (this.kernel.direction) {
      case 'forward':
        return `i32(${at}) * ${stride} - ${low}`;
      case 'gradInput':
        return `i32(${at}) + ${low}`;
      case 'gradWeight':
        return `i32(${at}) * ${dilation} - ${low}`;
    }
  }

  /** The share of a coordinate of a step of k. */
  stepPlace(d: number, at: string): string {
    switch (this.kernel.direction) {
      case 'forward':
        return `i32(${at}) * ${this.dilation[d]!}`;
      case 'gradInput':
        return `-i32(${at}) * ${this.dilation[d]!}`;
      case 'gradWeight':
        return `i32(${at}) * ${this.stride[d]!}`;
    }
  }

  /** Lines that define the position `x0`, … of a row and a step, and `there0`, … whether it exists. */
  place(d: number, row: string, step: string): void {
    const { w, kernel } = this;
    const forward = kernel.direction !== 'gradInput';
    const end = forward ? this.size[d]! : this.outSize[d]!;
    // As an unsigned number, a negative position is beyond every end.
    w.line(`let q${d} = u32(${row} + ${step});`);
    if (forward || kernel.stride[d] === 1) {
      w.line(`let x${d} = q${d}; let there${d} = x${d} < ${end};`);
      return;
    }
    const stride = `u32(${this.stride[d]!})`;
    w.line(`let x${d} = q${d} / ${stride};`);
    w.line(`let there${d} = (x${d} * ${stride} == q${d}) & (x${d} < ${end});`);
  }

  /** The flat position of a channel's element in the tensor that is read. */
  flatPlace(channel: string, at: readonly string[]): string {
    const sizes = this.kernel.direction === 'gradInput' ? this.outSize : this.size;
    return at.reduce((e, x, d) => `(${e}) * ${sizes[d]!} + ${x}`, channel);
  }
}
