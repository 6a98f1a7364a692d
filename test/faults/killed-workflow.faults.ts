import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startClient } from '../support/library.ts';
import { newFolder } from '../support/new-folder.ts';
import { noPostgres, PostgresCluster } from '../support/postgres-cluster.ts';
import { ChildProgram } from '../support/program.ts';
import { createRandom } from '../support/random.ts';
import type { Death } from './dying-runner.ts';

const server = fileURLToPath(new URL('dying-runner.ts', import.meta.url));
const rounds = Number(process.env.KILLS ?? 10);

/** Tasks that write to a file that they ran. */
const workflowIn = (log: string): string => `
tasks:
  first: "@w1 run sh -c 'echo first >> ${log}; echo value'"
  left: { do: "@w1 run sh -c 'echo left >> ${log}'", needs: first }
  right: { do: "@w2 run sh -c 'echo right-$0 >> ${log}' \${first.stdout}", needs: first }
  both: { do: "@w1,w2 run sh -c 'echo both >> ${log}'", needs: [left, right] }
  again: { do: "@w2 run sh -c 'echo again >> ${log}; false'", needs: both, retries: 1, backoff: 10ms }
  tell: { do: "@w1 run sh -c 'echo \${again.outcome} >> ${log}'", needs: again, when: failed }
`;
const wantedLines = ['again', 'again', 'both', 'both', 'failed', 'first', 'left', 'right-value'];
const wantedEnd =
  'ended failed first=completed left=completed right=completed both=completed again=failed tell=completed';

interface Scene extends AsyncDisposable {
  readonly log: string;
  start(death?: Death): ChildProgram;
}

async function openScene(placeIn: (folder: string) => string): Promise<Scene> {
  const folder = newFolder();
  const [log, file] = [join(folder, 'log'), join(folder, 'flow.yaml')];
  const place = placeIn(folder);
  writeFileSync(file, workflowIn(log));
  const bind = `ipc://${join(folder, 'server.sock')}`;
  const clients = await Promise.all(
    ['w1', 'w2'].map((name) => startClient({ endpoint: bind }, { name, allow: ['run'] })),
  );
  return {
    log,
    start: (death) => new ChildProgram(process.execPath, [server, place, bind, file, JSON.stringify(death ?? null)]),
    async [Symbol.asyncDispose]() {
      for (const client of clients) await client[Symbol.asyncDispose]();
    },
  };
}

/** Starts servers until one sees the end. */
async function untilEnd({ start, log }: Scene): Promise<void> {
  await using last = start();
  expect(await last.line(/^ended/)).toContain(wantedEnd);
  expect(await last.exitCode()).toBe(0);
  expect(readFileSync(log, 'utf8').split('\n').filter(Boolean).sort()).toEqual(wantedLines);
}

const deaths = Array.from({ length: 16 }, (_, at): Death[] => [
  { write: at + 1, when: 'before' },
  { write: at + 1, when: 'after' },
]).flat();

let cluster: PostgresCluster;
beforeAll(async () => {
  if (noPostgres === undefined) cluster = await PostgresCluster.start();
});
afterAll(async () => {
  await cluster?.[Symbol.asyncDispose]();
});

const stores = [
  { name: 'SQLite', placeIn: (folder: string) => join(folder, 'store.db'), reason: undefined },
  { name: 'PostgreSQL', placeIn: () => `${cluster.place()}&lease=1s`, reason: noPostgres },
];

describe.each(stores)('with its store in $name', ({ placeIn, reason }) => {
  test.skipIf(reason !== undefined)(
    'a server that is killed at any write of a run ends it like one that is not killed, and no task runs twice',
    { timeout: 600_000 },
    async () => {
      for (const death of deaths) {
        await using scene = await openScene(placeIn);
        {
          await using dying = scene.start(death);
          await dying.exitCode();
          expect([death, dying.child.signalCode]).toEqual([death, 'SIGKILL']);
        }
        await untilEnd(scene);
      }
    },
  );

  test.skipIf(reason !== undefined)(
    `${rounds} runs of a server that is killed repeatedly, at any moment, end like those of one that is not`,
    { timeout: rounds * 60_000 },
    async () => {
      const random = createRandom(Number(process.env.SEED ?? 1));
      for (let round = 0; round < rounds; round += 1) {
        await using scene = await openScene(placeIn);
        for (let kill = 0; kill < 3; kill += 1) {
          await using program = scene.start();
          await setTimeout(400 + random.next() * 900);
          program.child.kill('SIGKILL');
        }
        await untilEnd(scene);
      }
    },
  );
});
