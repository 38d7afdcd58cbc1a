/**
 * @file Element functions of single numbers, with the same bits as in loops: the vector formula of each as a function that
 * JavaScript calls. Functions that are rounded once however they are computed, and those that loops call lane by lane, need
 * none.
 */
import type { DType } from '../../../graph/dtype.js';
import type { Scalar } from '../../../graph/lowering.js';
import { ModuleBuilder } from '../assembler/moduleBuilder.js';
import { F32x4, F64x2 } from '../assembler/opcodes.js';
import type { WasmMemory } from '../run/memory.js';
import { bestVectorWidth } from '../run/vectorWidth.js';
import { float32, float64 } from './floatOps.js';
import { Lanes } from './lanes.js';
import { vectorForms } from '../../../kernels/elements/vectorForms.js';
import { vectorFunction } from './math32.js';
import { scalarFunctions } from './special.js';

/** Functions of doubles with a formula of their own. */
const FORMULAS64 = ['exp', 'log', 'sigmoid', 'sigmoidDerivative', 'tanhDerivative'];
/** Functions of float32 with two operands, or with two roundings. */
const FORMULAS32 = ['pow', 'rsqrt', 'hypot'];

/** Whether loops compute it differently from its primitive's function. */
function hasFormula(op: string, dtype: DType): boolean {
  if (dtype === 'float32') return FORMULAS32.includes(op) || vectorFunction(op) !== undefined;
  if (dtype !== 'float64') return false;
  return FORMULAS64.includes(op) || vectorForms.get(op)?.float64 !== undefined;
}

export class SingleNumbers {
  private readonly memory: WasmMemory;
  private readonly known = new Map<string, Scalar>();

  constructor(memory: WasmMemory) {
    this.memory = memory;
  }

  /** The function of loops for results of `dtype`; null if the primitive's own function has the same bits. */
  readonly find = (op: string, dtype: DType): Scalar | null => {
    if (!hasFormula(op, dtype)) return null;
    const key = `${op} ${dtype}`;
    let found = this.known.get(key);
    if (found === undefined) {
      found = this.compile(op, dtype === 'float32');
      this.known.set(key, found);
    }
    return found;
  };

  private compile(op: string, single: boolean): Scalar {
    const module = new ModuleBuilder(this.memory.shared);
    const type = single ? 'f32' : 'f64';
    const f = module.function([type, type], [type]);
    const v = new Lanes(f, bestVectorWidth().fma);
    const [x, y] = [0, 1].map((argument) => {
      const register = v.register();
      f.get(argument)
        .op(single ? F32x4.splat : F64x2.splat)
        .set(register);
      return register;
    }) as [number, number];
    f.get((single ? float32 : float64)(v, op, x, y)).lane(
      single ? F32x4.extract : F64x2.extract,
      0,
    );
    module.export('f', f);
    const { exports } = new WebAssembly.Instance(new WebAssembly.Module(module.finish()), {
      env: { memory: this.memory.memory },
      math: scalarFunctions(),
    });
    return exports['f'] as Scalar;
  }
}
