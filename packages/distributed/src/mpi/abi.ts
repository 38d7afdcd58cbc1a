/**
 * @file The two binary interfaces of MPI libraries: in Open MPI, handles are addresses of objects in the library; in MPICH
 * (and Intel MPI, MVAPICH and others that follow it) they are fixed integers.
 */
import type { ReduceOp } from '../transport.js';
import type { Koffi, NativeLibrary } from './koffi.js';

/** Handles and constants, and the C type of a handle. */
export interface Abi {
  readonly handle: 'uintptr_t' | 'int';
  readonly world: bigint | number;
  readonly inPlace: number;
  readonly statusIgnore: number;
  readonly types: Readonly<Record<ElementType, bigint | number>>;
  readonly ops: Readonly<Record<ReduceOp, bigint | number>>;
}

export type ElementType = 'float32' | 'float64' | 'int32' | 'byte';

/** MPICH's handles: the kind in the upper bits, the size of an element in the third byte. */
const MPICH: Abi = {
  handle: 'int',
  world: 0x44000000,
  inPlace: -1,
  statusIgnore: 1,
  types: { float32: 0x4c00040a, float64: 0x4c00080b, int32: 0x4c000405, byte: 0x4c00010d },
  ops: { max: 0x58000001, min: 0x58000002, sum: 0x58000003 },
};

/** The interface of a loaded library. */
export function abiOf(koffi: Koffi, library: NativeLibrary): Abi {
  const address = (name: string): bigint => koffi.address(library.symbol(name, 'void *'));
  let world: bigint;
  try {
    world = address('ompi_mpi_comm_world');
  } catch {
    return MPICH;
  }
  return {
    handle: 'uintptr_t',
    world,
    inPlace: 1,
    statusIgnore: 0,
    types: {
      float32: address('ompi_mpi_float'),
      float64: address('ompi_mpi_double'),
      int32: address('ompi_mpi_int'),
      byte: address('ompi_mpi_byte'),
    },
    ops: {
      max: address('ompi_mpi_op_max'),
      min: address('ompi_mpi_op_min'),
      sum: address('ompi_mpi_op_sum'),
    },
  };
}
