import { z } from 'zod';
import { objectSchema } from '../api.ts';

const port = z.union([z.number(), z.string()]);
const key = z.object({ name: z.string(), key: z.string(), optional: z.boolean().default(false) });
const whole = z.object({ name: z.string(), optional: z.boolean().default(false) });

const envSchema = z.object({
  name: z.string(),
  value: z.string().optional(),
  valueFrom: z
    .object({
      secretKeyRef: key.optional(),
      configMapKeyRef: key.optional(),
      fieldRef: z.object({ fieldPath: z.string() }).optional(),
      resourceFieldRef: z.object({ resource: z.string() }).optional(),
    })
    .optional(),
});

const httpGet = z.object({
  path: z.string().default('/'),
  port,
  scheme: z.enum(['HTTP', 'HTTPS']).default('HTTP'),
  host: z.string().optional(),
  httpHeaders: z.array(z.object({ name: z.string(), value: z.string() })).default([]),
});
const exec = z.object({ command: z.array(z.string()) });

const probeSchema = z.object({
  httpGet: httpGet.optional(),
  tcpSocket: z.object({ port, host: z.string().optional() }).optional(),
  exec: exec.optional(),
  initialDelaySeconds: z.number().default(0),
  periodSeconds: z.number().default(10),
  timeoutSeconds: z.number().default(1),
  successThreshold: z.number().default(1),
  failureThreshold: z.number().default(3),
});

const containerSchema = z.object({
  name: z.string(),
  image: z.string(),
  command: z.array(z.string()).default([]),
  args: z.array(z.string()).default([]),
  workingDir: z.string().optional(),
  ports: z.array(z.object({ name: z.string().optional(), containerPort: z.number() })).default([]),
  env: z.array(envSchema).default([]),
  envFrom: z
    .array(z.object({ prefix: z.string().default(''), secretRef: whole.optional(), configMapRef: whole.optional() }))
    .default([]),
  volumeMounts: z
    .array(z.object({ name: z.string(), mountPath: z.string(), subPath: z.string().optional() }))
    .default([]),
  readinessProbe: probeSchema.optional(),
  livenessProbe: probeSchema.optional(),
  startupProbe: probeSchema.optional(),
  lifecycle: z
    .object({
      preStop: z
        .object({
          sleep: z.object({ seconds: z.number() }).optional(),
          exec: exec.optional(),
          httpGet: httpGet.optional(),
        })
        .optional(),
    })
    .optional(),
  /** `Always` makes an init container a sidecar. */
  restartPolicy: z.string().optional(),
});

const items = z.array(z.object({ key: z.string(), path: z.string() })).optional();
const secret = { items, optional: z.boolean().default(false) };
const sourceSchema = z.object({
  configMap: z.object({ name: z.string(), ...secret }).optional(),
  secret: z.object({ name: z.string(), ...secret }).optional(),
  serviceAccountToken: z.object({ path: z.string(), audience: z.string().optional() }).optional(),
  downwardAPI: z
    .object({
      items: z.array(z.object({ path: z.string(), fieldRef: z.object({ fieldPath: z.string() }).optional() })),
    })
    .optional(),
});

const volumeSchema = z.object({
  name: z.string(),
  emptyDir: z.object({}).optional(),
  configMap: z.object({ name: z.string(), ...secret }).optional(),
  secret: z.object({ secretName: z.string(), ...secret }).optional(),
  projected: z.object({ sources: z.array(sourceSchema) }).optional(),
});

/** What a kubelet reads of a pod. */
export const podSchema = objectSchema.extend({
  spec: z.object({
    nodeName: z.string().optional(),
    serviceAccountName: z.string().default('default'),
    restartPolicy: z.enum(['Always', 'OnFailure', 'Never']).default('Always'),
    terminationGracePeriodSeconds: z.number().default(30),
    initContainers: z.array(containerSchema).default([]),
    containers: z.array(containerSchema),
    volumes: z.array(volumeSchema).default([]),
  }),
  status: z
    .object({
      phase: z.string().optional(),
      podIP: z.string().optional(),
      conditions: z.array(z.object({ type: z.string(), status: z.string() })).default([]),
      containerStatuses: z
        .array(
          z.object({
            name: z.string(),
            ready: z.boolean(),
            restartCount: z.number(),
            state: z.record(z.string(), z.unknown()).default({}),
            lastState: z.record(z.string(), z.unknown()).default({}),
          }),
        )
        .default([]),
    })
    .prefault({}),
});

/** A pod with defaults filled in. */
export type Pod = z.infer<typeof podSchema>;
/** A container of its spec. */
export type Container = z.infer<typeof containerSchema>;
/** A probe of a container. */
export type Probe = z.infer<typeof probeSchema>;
/** A source of a projected volume. Other volumes are read as one source. */
export type VolumeSource = z.infer<typeof sourceSchema>;
