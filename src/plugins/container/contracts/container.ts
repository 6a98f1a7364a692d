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

/** What a container is made from. */
export const container = defineCommand({
  name: 'container',
  summary: 'Run a container of an image on the client; everything after the image is passed to it.',
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
          description: 'the folder of the container that its program begins in',
        }),
      user: text(256)
        .regex(/^[^\0]+$/)
        .optional()
        .meta({
          named: true,
          label: 'USER[:GROUP]',
          form: 'names of the image, or numbers',
          description: 'who its program is',
        }),
      mount: z.array(mountSchema).max(64).optional().meta({
        named: true,
        label: 'SRC:DST[:ro]',
        description:
          'a folder that the client allows by --container-binds, or a volume, at the path DST of the container',
      }),
      network: text(256).min(1).optional().meta({
        named: true,
        label: 'none|bridge|NAME',
        form: 'none, bridge or the name of a network',
        description: 'default: bridge. In a network of your own, containers find each other by name',
      }),
      publish: z.array(publishSchema).max(64).optional().meta({
        named: true,
        label: '[ADDRESS:]PORT:PORT[/udp]',
        description: 'a port of the host, and the one of the container behind it; default of ADDRESS: 127.0.0.1',
      }),
      memory: z.int().min(6_291_456).optional().meta({
        named: true,
        label: 'SIZE',
        unit: 'bytes',
        form: 'a size such as 512M, at least 6M',
        description: 'memory that it may use: bytes, or with K, M, G or T; it gets no swap beside it',
      }),
      cpus: z
        .number()
        .min(0.01)
        .max(4_096)
        .optional()
        .meta({ named: true, label: 'N', description: 'processors that it may use: 0.5' }),
      pids: z
        .int()
        .min(1)
        .max(4_194_304)
        .optional()
        .meta({ named: true, label: 'N', description: 'processes at a time; default: 4096' }),
      capAdd: z
        .array(capabilitySchema)
        .max(64)
        .optional()
        .meta({ named: true, label: 'CAP', description: 'a capability that the client allows by --container-caps' }),
      capDrop: z
        .array(capabilitySchema)
        .max(64)
        .optional()
        .meta({ named: true, label: 'CAP', description: 'a capability that it does without, or ALL' }),
      entrypoint: text(4_096)
        .regex(/^[^\0]*$/)
        .optional()
        .meta({
          named: true,
          label: 'PROGRAM',
          form: 'a program of the image',
          description: "run instead of the image's own; '' for none",
        }),
      name: nameSchema.optional().meta({
        named: true,
        label: 'NAME',
        description: 'of the container; default: one that tells its client and job',
      }),
      label: z
        .array(labelSchema)
        .max(64)
        .optional()
        .meta({ named: true, label: 'NAME=VALUE', description: 'a label of the container, never signalbox.…' }),
      pull: z
        .enum(['always', 'missing', 'never'])
        .optional()
        .meta({ named: true, description: 'when its image is fetched from its registry; default: missing' }),
      pullTimeout: pullTimeoutSchema.optional(),
      service: z
        .boolean()
        .optional()
        .meta({ named: true, description: 'it runs until somebody ends it, and nothing waits for its end' }),
      restart: restartSchema.optional().meta({
        named: true,
        label: 'no|always|on-failure[:N]',
        description: 'of a service that ends: whether it is started again; default: always',
      }),
      health: healthSchema.optional().meta({
        named: true,
        label: 'COMMAND',
        form: 'a line for the shell of the image',
        description: 'healthy when it ends with 0, unhealthy when it fails three times',
      }),
      healthEvery: z.int().min(1_000).max(86_400_000).optional().meta({
        named: true,
        label: 'D',
        unit: 'ms',
        form: 'a duration from 1s to 1d',
        description: 'how often --health is run; default: 10s',
      }),
      stats: z.int().min(500).max(86_400_000).optional().meta({
        named: true,
        label: 'D',
        unit: 'ms',
        form: 'a duration of at least 500ms',
        description: 'sample what it uses this often, as records of the job; default: never',
      }),
      leave: z.boolean().optional().meta({
        named: true,
        description: 'it stays when it has ended, for docker logs and docker cp; the outcome has its name',
      }),
      image: imageSchema.meta({
        label: 'IMAGE',
        description: 'also of a registry, or with its digest: registry.example:5000/app@sha256:…',
      }),
      argv: z
        .array(text(131_072))
        .max(4_096)
        .optional()
        .meta({ label: 'ARG', description: 'a program of the image and its arguments, or those of its entrypoint' }),
    })
    .meta({ instead }),
  result: z.strictObject({
    exitCode: z.int().nullable().meta({ description: 'nil where a signal ended it, or where it never ran' }),
    signal: text(16).nullable().meta({ description: 'such as `SIGKILL`; nil where it exited' }),
    timedOut: z.boolean().meta({ description: 'it was ended at its deadline' }),
    outOfMemory: z.boolean().nullable().meta({
      description:
        'the kernel killed at `memory`; nil where it may have: killed below such a limit, and the engine does not say',
    }),
    cancelled: z.boolean().meta({ description: 'it was ended by a cancel, or with its client' }),
    durationMs: z.number().min(0).meta({ unit: 'ms', description: 'from its start to its end, by the engine' }),
    startedAt: text(40)
      .nullable()
      .meta({ description: 'ISO 8601, by the clock of the engine; nil where it never ran' }),
    finishedAt: text(40).nullable(),
    outputBytes: count.meta({ description: 'of both streams' }),
    image: text(512).meta({ description: 'as it was named' }),
    imageDigest: text(256).meta({ description: 'of the image that ran: `sha256:…`' }),
    containerId: text(128),
    containerName: text(256),
    restarts: count.meta({ description: 'of a service: how often it was started again' }),
    left: z.boolean().meta({ description: 'it is still there, ended' }),
  }),
  records: usageSchema,
  describe: describeContainer,
  example: 'container --timeout 1m --memory 64M debian:12 echo hello',
  runsCode: true,
  takesSignals: true,
  recoverable: true,
  standing: ({ service = false }) => service,
  // What stands in an environment is often a secret.
  auditArgs: ({ env, ...args }) => ({ ...args, ...(env && { env: env.map((one) => one.split('=')[0]) }) }),
});

export type ContainerArgs = z.output<typeof container.args>;
export type ContainerResult = ResultOf<typeof container>;
