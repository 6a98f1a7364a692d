import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { availableParallelism, cpus, loadavg } from 'node:os';
import { z } from 'zod';
import { postgresVersion } from '../../support/postgres-cluster.ts';
import { dockerVersion } from '../contenders/docker.ts';
import { natsVersion } from '../contenders/nats-server.ts';
import { clushVersion } from '../contenders/ssh-hosts.ts';
import { type Row, rowSchema } from './rows.ts';

/** The contents of `docs/bench.json`. */
export const resultSchema = z.strictObject({
  /** Of one run: rows of two runs are not comparable. */
  run: z.strictObject({
    date: z.iso.date(),
    commit: z.string(),
    node: z.string(),
    machine: z.string(),
    /** At its start: other load of the machine. */
    loadAverage: z.number(),
    seconds: z.number(),
    /** Absent if it is not on the PATH. */
    nats: z.string().optional(),
    /** Absent if it is not installed. */
    postgres: z.string().optional(),
    /** Absent if it or sshd is not installed. */
    clush: z.string().optional(),
    /** Absent if no engine answers, or containers are not measured. */
    docker: z.string().optional(),
  }),
  rows: z.array(rowSchema),
});
export type Result = z.infer<typeof resultSchema>;

const file = new URL('../../../docs/bench.json', import.meta.url);

export function readResult(): Result {
  return resultSchema.parse(JSON.parse(readFileSync(file, 'utf8')));
}

/**
 * Call it at the start of a run, while all load is that of others.
 * @returns a function that makes the result from the rows.
 */
export function describeRun(): (rows: Row[]) => Result {
  const beganMs = performance.now();
  const git = (...args: string[]) => execFileSync('git', args, { encoding: 'utf8' }).trim();
  const changed =
    git('status', '--porcelain', '--', 'src', 'schemas', 'package-lock.json') === '' ? '' : ' and changes';
  const [nats, postgres, clush, docker] = [natsVersion(), postgresVersion(), clushVersion(), dockerVersion()];
  const run = {
    date: new Date().toISOString().slice(0, 10),
    commit: `${git('rev-parse', '--short', 'HEAD')}${changed}`,
    node: process.version,
    machine: `${availableParallelism()} × ${cpus()[0]?.model ?? process.arch}`,
    loadAverage: Number(loadavg()[0]?.toFixed(2)),
    ...(nats !== undefined && { nats }),
    ...(postgres !== undefined && { postgres }),
    ...(clush !== undefined && { clush }),
    ...(docker !== undefined && { docker }),
  };
  return (rows) => ({ run: { ...run, seconds: Math.round((performance.now() - beganMs) / 1_000) }, rows });
}
