/**
 * @file What of the schema of an MPIJob a manifest here uses, in the words of OpenAPI. It follows the resource definition of the
 * MPI operator, `manifests/base/kubeflow.org_mpijobs.yaml` of github.com/kubeflow/mpi-operator at commit caa3c47, and Kubernetes'
 * own of pods. An object has no other fields than those named, as a server with strict validation has it.
 */

export type Schema =
  | { readonly type: 'string'; readonly enum?: readonly string[]; readonly pattern?: RegExp }
  | { readonly type: 'integer'; readonly minimum?: number }
  | { readonly type: 'boolean' }
  | { readonly type: 'array'; readonly items: Schema }
  | {
      readonly type: 'object';
      readonly properties?: Readonly<Record<string, Schema>>;
      readonly additionalProperties?: Schema;
      readonly required?: readonly string[];
    };

const text: Schema = { type: 'string' };
const whole: Schema = { type: 'integer' };
const count: Schema = { type: 'integer', minimum: 0 };
const object = (
  properties: Readonly<Record<string, Schema>>,
  required: readonly string[] = [],
): Schema => ({ type: 'object', properties, required });
const list = (items: Schema): Schema => ({ type: 'array', items });
/** A DNS label, as names of pods and volumes are. */
const label: Schema = { type: 'string', pattern: /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/ };
const quantity: Schema = {
  type: 'string',
  pattern:
    /^[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([KMGTPE]i|[numkMGTPE]|[eE][+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+))?$/,
};
const quantities: Schema = { type: 'object', additionalProperties: quantity };

const container = object(
  {
    name: label,
    image: text,
    command: list(text),
    args: list(text),
    workingDir: text,
    env: list(object({ name: text, value: text }, ['name'])),
    resources: object({ limits: quantities, requests: quantities }),
    securityContext: object({
      runAsUser: whole,
      runAsGroup: whole,
      runAsNonRoot: { type: 'boolean' },
    }),
    volumeMounts: list(object({ name: label, mountPath: text }, ['mountPath', 'name'])),
  },
  ['name'],
);
const volume = object(
  {
    name: label,
    persistentVolumeClaim: object({ claimName: text }, ['claimName']),
    emptyDir: object({ medium: text, sizeLimit: quantity }),
  },
  ['name'],
);
const replicas = object({
  replicas: count,
  restartPolicy: { type: 'string', enum: ['Always', 'OnFailure', 'Never', 'ExitCode'] },
  template: object({
    spec: object({ containers: list(container), volumes: list(volume) }, ['containers']),
  }),
});

export const mpiJob: Schema = object(
  {
    apiVersion: { type: 'string', enum: ['kubeflow.org/v2beta1'] },
    kind: { type: 'string', enum: ['MPIJob'] },
    metadata: object({ name: label }, ['name']),
    spec: object(
      {
        launcherCreationPolicy: { type: 'string', enum: ['AtStartup', 'WaitForWorkersReady'] },
        mpiImplementation: { type: 'string', enum: ['OpenMPI', 'Intel', 'MPICH'] },
        mpiReplicaSpecs: object({ Launcher: replicas, Worker: replicas }, ['Launcher', 'Worker']),
        runLauncherAsWorker: { type: 'boolean' },
        runPolicy: object({
          activeDeadlineSeconds: count,
          backoffLimit: count,
          cleanPodPolicy: { type: 'string', enum: ['None', 'Running', 'All'] },
          suspend: { type: 'boolean' },
          ttlSecondsAfterFinished: count,
        }),
        slotsPerWorker: { type: 'integer', minimum: 1 },
        sshAuthMountPath: text,
      },
      ['mpiReplicaSpecs'],
    ),
  },
  ['apiVersion', 'kind', 'metadata', 'spec'],
);

/** Where a value does not follow a schema, and how. */
export function problems(value: unknown, schema: Schema, path = 'manifest'): string[] {
  switch (schema.type) {
    case 'string':
      if (typeof value !== 'string') return [`${path} must be a string`];
      if (schema.enum !== undefined && !schema.enum.includes(value))
        return [`${path} must be one of ${schema.enum.join(', ')}`];
      return schema.pattern?.test(value) === false ? [`${path} must match ${schema.pattern}`] : [];
    case 'integer':
      return Number.isSafeInteger(value) && (value as number) >= (schema.minimum ?? -Infinity)
        ? []
        : [`${path} must be a whole number of ${schema.minimum ?? 'any size'} or more`];
    case 'boolean':
      return typeof value === 'boolean' ? [] : [`${path} must be true or false`];
    case 'array':
      return Array.isArray(value)
        ? value.flatMap((x, i) => problems(x, schema.items, `${path}[${i}]`))
        : [`${path} must be a list`];
    case 'object': {
      if (typeof value !== 'object' || value === null || Array.isArray(value))
        return [`${path} must be an object`];
      const { properties = {}, additionalProperties, required = [] } = schema;
      const missing = required.filter((key) => !Object.hasOwn(value, key));
      return [
        ...missing.map((key) => `${path}.${key} is missing`),
        ...Object.entries(value).flatMap(([key, x]) => {
          const own = Object.hasOwn(properties, key) ? properties[key] : additionalProperties;
          return own === undefined
            ? [`${path}.${key} is no field`]
            : problems(x, own, `${path}.${key}`);
        }),
      ];
    }
  }
}
