/** @file The program in Python that runs what `exportStableHLO` has written. */

/** For jaxlib 0.10.2. `VERSION` is replaced by the package's version. */
export const RUNNER = `"""Runs a program exported by chainrule VERSION, with jaxlib 0.10.2, and saves its final states.

python run.py step --steps 100 --data batches.safetensors --out step.trained.safetensors

reads step.mlir, step.json and step.safetensors. The data file holds a tensor [batches, ...] for each argument: each step
uses the next batch, and with several replicas the next batch for each. Without --data each step uses the example arguments.
--platform is cpu, gpu or tpu. With several processes: --processes 2 --process 0 --coordinator localhost:1234, and the same with --process 1.
"""
import argparse, hashlib, json, os, struct
import numpy as np

parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
parser.add_argument('program', help='the path without its extension')
for option, start in {'steps': 1, 'data': '', 'out': '', 'platform': 'cpu', 'processes': 1, 'process': 0, 'coordinator': 'localhost:29500'}.items():
    parser.add_argument('--' + option, type=type(start), default=start)
args = parser.parse_args()
plan = json.load(open(args.program + '.json'))
replicas = plan['replicas']
if args.platform == 'cpu':
    os.environ['XLA_FLAGS'] = os.environ.get('XLA_FLAGS', '') + f' --xla_force_host_platform_device_count={replicas // args.processes}'

import jax
from jax._src import xla_bridge
from jax._src.interpreters import mlir
from jax._src.lib import xla_client as xc
from jax.sharding import Mesh, NamedSharding, PartitionSpec
from jaxlib.mlir import ir

jax.config.update('jax_enable_x64', True)
jax.config.update('jax_platforms', 'cuda' if args.platform == 'gpu' else args.platform)
if args.processes > 1:
    jax.config.update('jax_cpu_collectives_implementation', 'gloo')
    jax.distributed.initialize(args.coordinator, args.processes, args.process)

TYPES = {'F32': np.float32, 'F64': np.float64, 'I32': np.int32, 'BOOL': np.bool_}
NAMES = {np.dtype(dtype): name for name, dtype in TYPES.items()}

def load(path):
    data = open(path, 'rb').read()
    (size,) = struct.unpack('<Q', data[:8])
    header = json.loads(data[8:8 + size])
    part = lambda v: data[8 + size + v['data_offsets'][0]:8 + size + v['data_offsets'][1]]
    return {k: np.frombuffer(part(v), TYPES[v['dtype']]).reshape(v['shape']) for k, v in header.items() if k != '__metadata__'}

def save(path, tensors):
    header, at = {'__metadata__': {'writtenBy': plan['writtenBy'] + ' run.py'}}, 0
    for k, v in tensors.items():
        header[k] = {'dtype': NAMES[v.dtype], 'shape': list(v.shape), 'data_offsets': [at, at + v.nbytes]}
        at += v.nbytes
    text = json.dumps(header).encode()
    text += b' ' * (-len(text) % 8)
    with open(path + '.part', 'wb') as file:
        file.write(struct.pack('<Q', len(text)) + text + b''.join(np.ascontiguousarray(v).tobytes() for v in tensors.values()))
    os.replace(path + '.part', path)

client = xla_bridge.get_backend(args.platform)
devices = client.devices()[:replicas]
if len(devices) < replicas:
    raise SystemExit(f'the program needs {replicas} devices, there are {len(devices)}')
local = [r for r, d in enumerate(devices) if d.process_index == client.process_index()]
options = xc.CompileOptions()
options.num_replicas, options.num_partitions = replicas, 1
options.device_assignment = xc.DeviceAssignment.create(np.array([[d.id] for d in devices]))
with mlir.make_ir_context():
    module = ir.Module.parse(open(args.program + '.mlir').read())
    step = client.compile_and_load(module, xc.DeviceList(tuple(devices)), options)
everywhere = NamedSharding(Mesh(np.array(devices), ('replica',)), PartitionSpec())

def spread(of):
    parts = [jax.device_put(of(r), devices[r]) for r in local]
    return jax.make_array_from_single_device_arrays(parts[0].shape, everywhere, parts)

state = load(args.program + '.safetensors')
data = load(args.data) if args.data else None
seed, offset = (int(x) for x in state['random'])
held = {p['name']: spread(lambda r: state[p['name']]) for p in plan['inputs'] if p['kind'] == 'state'}
after = {}
for t in range(args.steps):
    def given(p):
        name = p['name']
        if p['kind'] == 'state': return held[name]
        if p['kind'] in ('seed', 'offset'): return spread(lambda r: np.uint64(seed if p['kind'] == 'seed' else offset))
        if data is None: return spread(lambda r: state['argument.' + name])
        return spread(lambda r: data[name][(t * replicas + r) % len(data[name])])
    results = step.execute_sharded([given(p) for p in plan['inputs']]).disassemble_into_single_device_arrays()
    offset += plan['draws']
    shown = {}
    for p, parts in zip(plan['outputs'], results):
        if p['kind'] == 'output': shown[p['name']] = [np.asarray(x).tolist() for x in parts] if not p['shape'] else None
        else:
            after[p['name']] = parts
            if p['name'] in held: held[p['name']] = jax.make_array_from_single_device_arrays(parts[0].shape, everywhere, parts)
    print(json.dumps({'step': t + 1, **{k: v[0] if len(v) == 1 else v for k, v in shown.items() if v}}), flush=True)
equal = all(all(np.asarray(x).tobytes() == np.asarray(parts[0]).tobytes() for x in parts) for parts in after.values())
final = {**{k: v for k, v in state.items() if not k.startswith('argument.')}, **{k: np.asarray(v[0]) for k, v in after.items()}}
final['random'] = np.array([seed, offset], np.float64)
digest = hashlib.sha256(b''.join(v.tobytes() for v in final.values())).hexdigest()
print(json.dumps({'replicasEqual': equal, 'digest': digest}))
if args.process == 0: save(args.out or args.program + '.trained.safetensors', final)
`;
