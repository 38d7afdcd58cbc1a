/** @file The builder of random draws by rejection: each element has a stream of its own, of any length. */
import { draws } from '../../graph/draws.js';
import { generator } from '../../graph/generatorState.js';
import type { Primitive, Value } from '../../graph/primitive.js';
import type { Tensor } from '../../graph/tensor.js';
import { counter } from '../../graph/version.js';
import { eachStream } from '../../kernels/plain/keyedStreams.js';
import { primitive, type PrimitiveOp } from '../build/primitive.js';
import { add } from '../elements/arithmetic.js';
import { batchAll } from '../shape/movement.js';
import { zeros } from './filling.js';
import { threefry } from './generator.js';

/** The random numbers of one element, in (0, 1) with 53 bits each. */
export type Stream = () => number;

/**
 * How many streams there are: one for each element of an example. The examples of a vmap share them, unless each has its own.
 */
type DrawAttrs = { streams: number };

/** A primitive of a seed, an offset and parameters of one shape and float dtype. */
export type ElementDraw = PrimitiveOp<DrawAttrs>;

/**
 * A primitive that draws each element from its parameters. Element i takes the 64 bits of the block i after the offset as
 * the key of its stream. Without rules it has no derivatives.
 */
export function elementDraw(
  name: string,
  draw: (next: Stream, a: number, b: number) => number,
  rules: Pick<Primitive<DrawAttrs>, 'vjp' | 'jvp'> | null = null,
): ElementDraw {
  const op: ElementDraw = primitive<DrawAttrs>(name, {
    lowering: { kind: 'reference' },
    shape: ([, , a]) => (a as Tensor).sizes,
    dtype: ([, , a]) => (a as Tensor).dtype,
    ...rules,
    batch: ([seed, offset, ...parameters], batched, attrs, size) =>
      op(
        [seed as Tensor, offset as Tensor, ...batchAll(parameters, batched.slice(2), size)],
        attrs,
      ),
    reference: ([seed, offset, a, b], out, { streams }) => {
      const key = (seed as Value).data[0]!;
      const first = (offset as Value).data[0]!;
      const words = [(key % 2 ** 32) | 0, Math.floor(key / 2 ** 32) | 0] as const;
      eachStream(threefry, words, first, streams, out.data.length, (i, next) => {
        out.data[i] = draw(next, (a as Value).data[i]!, b === undefined ? 0 : b.data[i]!);
      });
    },
  });
  return op;
}

/** Draws every element of the parameters, which have one shape; takes the next offsets, one per element. */
export function drawElements(op: ElementDraw, ...parameters: readonly Tensor[]): Tensor {
  const [first, ...rest] = parameters as readonly [Tensor, ...Tensor[]];
  const { each } = draws;
  const streams = first.size * (each?.total ?? 1);
  const start = [counter(generator.seed, 'seed'), counter(generator.offset, 'offset')];
  // Adding zeros that each example owns makes the draw differ per example.
  const own = each?.each((count) => zeros([count, ...first.sizes], { dtype: first.dtype }));
  const node = op([...start, own === undefined ? first : add(first, own), ...rest], { streams });
  generator.offset += streams;
  return node;
}
