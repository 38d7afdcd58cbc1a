/**
 * @file A rank whose WebAssembly accesses memory out of bounds: an ordinary error, whatever the MPI library does with
 * signals.
 */
import { distributed } from '@chainrule/distributed';
import { report } from './report.js';

const world = await distributed();
// (module (memory 1) (func (export "f") (param i32) (result i32) local.get 0 i32.load))
const bytes =
  '0061736d0100000001060160017f017f030201000503010001070501016600000a0901070020002802000b';
const module = new WebAssembly.Module(Buffer.from(bytes, 'hex'));
const f = new WebAssembly.Instance(module).exports['f'] as (at: number) => number;
try {
  f(2 ** 20);
} catch (error) {
  report(world.rank, (error as Error).message);
}
world.close();
