import { z } from 'zod';
import { defineCommand } from '../../index.ts';
import { capabilitySchema } from './capabilities.ts';
import { usageSchema } from './contracts/usage.ts';
import { describeContainer } from './describe.ts';
import { instead } from './instead.ts';
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
        .meta({ named: true, label: 'DIR', form: 'an absolute path', description: 'the folder in it that it runs in' }),
      user: text(256)
        .regex(/^[^\0]+$/)
        .optional()
        .meta({ named: true, label: 'USER[:GROUP]', description: 'names of the image, or numbers' }),
      mount: z.array(mountSchema).max(64).optional().meta({
        named: true,
        label: 'SRC:DST[:ro]',
        description: 'a folder that the client allows by --container-binds, or the name of a volume, at a path in it',
      }),
      network: text(256).min(1).optional().meta({
        named: true,
        label: 'none|bridge|NAME',
        description: 'default: bridge. In a network of your own, containers find each other by name',
      }),
      publish: z.array(publishSchema).max(64).optional().meta({
        named: true,
        label: '[ADDRESS:]PORT:PORT[/udp]',
        description: 'a port of the host and the one in it; at 127.0.0.1 where no address is given',
      }),
      memory: z.int().min(6_291_456).optional().meta({
        named: true,
        label: 'SIZE',
        unit: 'bytes',
        form: 'a size such as 512M, at least 6M',
        description: 'what it may use: bytes, or with K, M, G or T; there is no swap beside it',
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
        .meta({ named: true, label: 'PROGRAM', description: "instead of the image's; '' for none" }),
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
        .meta({ named: true, description: 'whether its image is fetched first; default: missing' }),
      pullTimeout: pullTimeoutSchema.optional(),
      service: z.boolean().optional().meta({ named: true, description: 'it runs until somebody ends it' }),
      restart: restartSchema.optional().meta({
        named: true,
        label: 'no|always|on-failure[:N]',
        description: 'of a service that ends: whether it is started again; default: always',
      }),
      health: healthSchema.optional().meta({
        named: true,
        label: 'COMMAND',
        description: 'a line for the shell in it: healthy when it ends with 0, unhealthy when it fails three times',
      }),
      healthEvery: z
        .int()
        .min(1_000)
        .max(86_400_000)
        .optional()
        .meta({ named: true, label: 'D', unit: 'ms', description: 'how often that is run; default: 10s' }),
      stats: z.int().min(500).max(86_400_000).optional().meta({
        named: true,
        label: 'D',
        unit: 'ms',
        description: 'sample what it uses this often, at least 500 ms, as records of the job; default: never',
      }),
      leave: z
        .boolean()
        .optional()
        .meta({ named: true, description: 'it stays when it has ended, to be looked at; its name is told' }),
      image: imageSchema.meta({
        label: 'IMAGE',
        description: 'such as debian:12 or registry.example:5000/app@sha256:…',
      }),
      argv: z.array(text(131_072)).max(4_096).optional().meta({ label: 'ARG', description: 'for what the image runs' }),
    })
    .meta({ instead }),
  result: z.strictObject({
    exitCode: z.int().nullable().meta({ description: 'nil where a signal ended it, or where it never ran' }),
    signal: text(16).nullable().meta({ description: 'such as `SIGKILL`; nil where it exited' }),
    timedOut: z.boolean().meta({ description: 'it was ended at its deadline' }),
    outOfMemory: z.boolean().meta({ description: 'the kernel killed at `memory`' }),
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
