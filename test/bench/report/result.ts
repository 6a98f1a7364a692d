import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { availableParallelism, cpus, loadavg } from 'node:os';
import { z } from 'zod';
import { postgresVersion } from '../../support/postgres-cluster.ts';
import { dockerVersion } from '../contenders/docker.ts';
import { natsVersion } from '../contenders/nats-server.ts';
import { clushVersion } from '../contenders/ssh-hosts.ts';
import { type Row, rowSchema } from './rows.ts';

/** What `docs/bench.json` holds. */
export const resultSchema = z.strictObject({
  /** Of one run: rows of two runs are not comparable. */
  run: z.strictObject({
    date: z.iso.date(),
    commit: z.string(),
    node: z.string(),
    machine: z.string(),
    /** When it began: what else the machine was doing. */
    loadAverage: z.number(),
    seconds: z.number(),
    /** Absent where there was none on the PATH. */
    nats: z.string().optional(),
    /** Absent where it is not installed. */
    postgres: z.string().optional(),
    /** Absent where it or sshd is not installed. */
    clush: z.string().optional(),
    /** Absent where no engine answers, or where containers are not measured. */
    docker: z.string().optional(),
  }),
  rows: z.array(rowSchema),
});
export type Result = z.infer<typeof resultSchema>;

const file = new URL('../../../docs/bench.json', import.meta.url);

export function readResult(): Result {
  return resultSchema.parse(JSON.parse(readFileSync(file, 'utf8')));
}

/** To be called when a run begins: its load is that of others. @returns what makes the result of its rows. */
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
