import { z } from 'zod';
import { defineCommand, type ResultOf } from '../../../index.ts';
import { capabilitySchema } from './capabilities.ts';
import { describeContainer } from './describe-container.ts';
import { instead } from './instead.ts';
import { usageSchema } from './usage.ts';
import {
  healthSchema,
  imageSchema,
  labelSchema,
  mountSchema,
  nameSchema,
  publishSchema,
  pullTimeoutSchema,
  restartSchema,
} from './words.ts';

const count = z.int().min(0);
const text = (most: number) => z.string().max(most);

/** Runs a container as a job. */
export const container = defineCommand({
  name: 'container',
  summary: 'Run a container from an image on the client; everything after the image is passed to the container.',
  args: z
    .strictObject({
      env: z
        .array(
          z
            .string()
            .max(131_072)
            .regex(/^[^=\0]+=[^\0]*$/)
            .meta({ form: 'NAME=VALUE' }),
        )
        .max(256)
        .optional()
        .meta({ named: true, label: 'NAME=VALUE', description: 'added to the environment of the image' }),
      workdir: text(4_096)
        .regex(/^\/[^\0]*$/)
        .optional()
        .meta({
          named: true,
          label: 'DIR',
          form: 'an absolute path',
          description: 'the working directory, a folder of the container',
        }),
      user: text(256)
        .regex(/^[^\0]+$/)
        .optional()
        .meta({
          named: true,
          label: 'USER[:GROUP]',
          form: 'names of the image, or numbers',
          description: 'user of the program',
        }),
      mount: z.array(mountSchema).max(64).optional().meta({
        named: true,
        label: 'SRC:DST[:ro]',
        description:
          'mount a folder that the client allows with --container-binds, or a volume, at the path DST of the container',
      }),
      network: text(256).min(1).optional().meta({
        named: true,
        label: 'none|bridge|NAME',
        form: 'none, bridge or the name of a network',
        description: 'default: bridge. In a network that you create, containers find each other by name',
      }),
      publish: z.array(publishSchema).max(64).optional().meta({
        named: true,
        label: '[ADDRESS:]PORT:PORT[/udp]',
        description: 'port of the host and port of the container; default of ADDRESS: 127.0.0.1',
      }),
      memory: z.int().min(6_291_456).optional().meta({
        named: true,
        label: 'SIZE',
        unit: 'bytes',
        form: 'a size such as 512M, at least 6M',
        description: 'memory limit: bytes, or with K, M, G or T; the container gets no additional swap',
      }),
      cpus: z
        .number()
        .min(0.01)
        .max(4_096)
        .optional()
        .meta({ named: true, label: 'N', description: 'limit of processors, such as 0.5' }),
      pids: z
        .int()
        .min(1)
        .max(4_194_304)
        .optional()
        .meta({ named: true, label: 'N', description: 'limit of processes; default: 4096' }),
      capAdd: z.array(capabilitySchema).max(64).optional().meta({
        named: true,
        label: 'CAP',
        description: 'add a capability that the client allows with --container-caps',
      }),
      capDrop: z
        .array(capabilitySchema)
        .max(64)
        .optional()
        .meta({ named: true, label: 'CAP', description: 'drop a capability, or ALL' }),
      entrypoint: text(4_096)
        .regex(/^[^\0]*$/)
        .optional()
        .meta({
          named: true,
          label: 'PROGRAM',
          form: 'a program of the image',
          description: "replaces the entrypoint of the image; '' for none",
        }),
      name: nameSchema.optional().meta({
        named: true,
        label: 'NAME',
        description: 'name of the container; default: a name with its client and job',
      }),
      label: z.array(labelSchema).max(64).optional().meta({
        named: true,
        label: 'NAME=VALUE',
        description: 'label of the container; labels signalbox.… are reserved',
      }),
      pull: z
        .enum(['always', 'missing', 'never'])
        .optional()
        .meta({ named: true, description: 'when to pull the image from its registry; default: missing' }),
      pullTimeout: pullTimeoutSchema.optional(),
      service: z
        .boolean()
        .optional()
        .meta({ named: true, description: 'run until somebody ends the job; nothing waits for the end' }),
      restart: restartSchema.optional().meta({
        named: true,
        label: 'no|always|on-failure[:N]',
        description: 'whether a service that ends is restarted; default: always',
      }),
      health: healthSchema.optional().meta({
        named: true,
        label: 'COMMAND',
        form: 'a line for the shell of the image',
        description: 'health check: healthy if it exits with 0, unhealthy if it fails three times',
      }),
      healthEvery: z.int().min(1_000).max(86_400_000).optional().meta({
        named: true,
        label: 'D',
        unit: 'ms',
        form: 'a duration from 1s to 1d',
        description: 'interval of --health; default: 10s',
      }),
      stats: z.int().min(500).max(86_400_000).optional().meta({
        named: true,
        label: 'D',
        unit: 'ms',
        form: 'a duration of at least 500ms',
        description: 'interval for samples of the resource usage, as records of the job; default: never',
      }),
      leave: z.boolean().optional().meta({
        named: true,
        description: 'keep the container after its end, for docker logs and docker cp; the outcome has its name',
      }),
      image: imageSchema.meta({
        label: 'IMAGE',
        description: 'the image, optionally with registry and digest: registry.example:5000/app@sha256:…',
      }),
      argv: z.array(text(131_072)).max(4_096).optional().meta({
        label: 'ARG',
        description: 'a program of the image and its arguments, or arguments of its entrypoint',
      }),
    })
    .meta({ instead }),
  result: z.strictObject({
    exitCode: z.int().nullable().meta({ description: 'nil if a signal ended the container or it never ran' }),
    signal: text(16).nullable().meta({ description: 'such as `SIGKILL`; nil if it exited' }),
    timedOut: z.boolean().meta({ description: 'whether the container was ended at its deadline' }),
    outOfMemory: z.boolean().nullable().meta({
      description:
        'the kernel killed a process at the limit `memory`; nil if unknown: the container was killed below such a limit, and the engine does not report why',
    }),
    cancelled: z
      .boolean()
      .meta({ description: 'whether the container was cancelled, or ended because its client ended' }),
    durationMs: z
      .number()
      .min(0)
      .meta({ unit: 'ms', description: 'from its start to its end, according to the engine' }),
    startedAt: text(40).nullable().meta({ description: 'ISO 8601, by the clock of the engine; nil if it never ran' }),
    finishedAt: text(40).nullable(),
    outputBytes: count.meta({ description: 'bytes of output, both streams together' }),
    image: text(512).meta({ description: 'the reference as given' }),
    imageDigest: text(256).meta({ description: 'digest of the image that ran: `sha256:…`' }),
    containerId: text(128),
    containerName: text(256),
    restarts: count.meta({ description: 'number of restarts of a service' }),
    left: z.boolean().meta({ description: 'whether the ended container still exists' }),
  }),
  records: usageSchema,
  describe: describeContainer,
  example: 'container --timeout 1m --memory 64M debian:12 echo hello',
  runsCode: true,
  takesSignals: true,
  recoverable: true,
  standing: ({ service = false }) => service,
  // The values of an environment are often secret.
  auditArgs: ({ env, ...args }) => ({ ...args, ...(env && { env: env.map((one) => one.split('=')[0]) }) }),
});

export type ContainerArgs = z.output<typeof container.args>;
export type ContainerResult = ResultOf<typeof container>;
