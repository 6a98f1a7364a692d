import { once } from 'node:events';
import { existsSync, mkdirSync, readdirSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import {
  type ClientOptions,
  defineCommand,
  implement,
  type JobContext,
  ping,
  type Recovery,
  type Server,
} from '../../src/index.ts';
import { openClient, openPair, openServer, startClient } from '../support/library.ts';
import { newFolder } from '../support/new-folder.ts';
import { ChildProgram } from '../support/program.ts';

const keep = defineCommand({
  name: 'keep',
  summary: 'Tell where it keeps things.',
  args: z.strictObject({}),
  result: z.string(),
  recoverable: true,
  example: 'keep',
});
type Recover = (recovery: Recovery) => Promise<[]> | [];

const keeping = (recover: Recover = () => [], work: (job: JobContext) => Promise<string> = (job) => job.state()) =>
  implement(keep, (_, job) => work(job), { recover });

const client = (options: Partial<ClientOptions>, recover?: Recover) => ({ ...options, commands: [keeping(recover)] });

const needing: Recover = async ({ state }) => {
  await state();
  return [];
};
const telling =
  (seen: unknown[]): Recover =>
  ({ left }) => {
    seen.push(left);
    return [];
  };

async function outcomeOf(server: Server) {
  const [job] = (await server.submit('w1', keep, {})).jobs;
  if (!job) throw new Error('one target makes one job');
  return await job.outcome;
}

async function folderOf(server: Server): Promise<string> {
  const ended = await outcomeOf(server);
  return ended.outcome === 'completed' ? ended.result : `${ended.outcome}: ${ended.error.message}`;
}

/** A process that holds the state of w1. @returns it, and the folder of the command. */
async function startHolder(kind: 'lasting' | 'temporary', folder: string) {
  const file = fileURLToPath(new URL('state-holder.ts', import.meta.url));
  const holder = new ChildProgram(process.execPath, [file, kind, folder]);
  return { holder, folder: await holder.line(/keep$/) };
}

async function killed(kind: 'lasting' | 'temporary', parent: string): Promise<string> {
  const { holder, folder } = await startHolder(kind, parent);
  writeFileSync(join(folder, 'note'), 'mine');
  holder.child.kill('SIGKILL');
  await once(holder.child, 'close');
  return folder;
}

describe('the state of a command', () => {
  test('is a separate folder that only its owner can enter, the same for each job and each process', async () => {
    const stateFolder = join(newFolder(), 'of', 'w1');
    await using server = await openServer({ commands: [keep] });
    const asked: string[] = [];
    for (let process = 0; process < 2; process += 1) {
      const recover = async ({ state }: Recovery): Promise<[]> => {
        asked.push(await state());
        return [];
      };
      await using _ = await openClient(server, client({ stateFolder }, recover));
      await server.waitForClients(1);
      asked.push(await folderOf(server));
    }
    const folder = join(stateFolder, 'keep');
    expect(asked).toEqual([folder, folder, folder, folder]);
    expect([folder, stateFolder].map((path) => statSync(path).mode & 0o777)).toEqual([0o700, 0o700]);
  });

  test('is not created before a command requests it', async () => {
    const stateFolder = join(newFolder(), 'w1');
    await using _ = await openPair({ server: { commands: [keep] }, client: client({ stateFolder }) });
    expect(existsSync(stateFolder)).toBe(false);
  });

  test('is held by one client: another one gets its holder, runs all other commands, and has the state when the holder ends', async () => {
    const stateFolder = newFolder();
    await using pair = await openPair({ server: { commands: [keep] }, client: client({ stateFolder }) });
    await folderOf(pair.server);
    await using server = await openServer({ commands: [keep] });
    await using _ = await openClient(server, client({ stateFolder }, needing));
    await server.waitForClients(1);
    const refused = await outcomeOf(server);
    expect(refused).toMatchObject({ outcome: 'failed', error: { code: 'name_taken' } });
    expect(await folderOf(server)).toMatch(`in use by process ${process.pid} on `);
    const [pinged] = await (await server.submit('w1', ping, {})).outcomes;
    expect(pinged?.outcome).toBe('completed');
    await pair.client.close();
    expect(await folderOf(server)).toBe(join(stateFolder, 'keep'));
  });

  test('is requested again at each connection if another client held it, and remaining jobs are recovered then', async () => {
    const stateFolder = newFolder();
    await using pair = await openPair({ server: { commands: [keep] }, client: client({ stateFolder }) });
    await folderOf(pair.server);
    await using former = await openServer({ commands: [keep] });
    const taken = Promise.withResolvers<string>();
    const recover = async ({ state }: Recovery) => {
      await state();
      const goOn = ({ id }: JobContext) => {
        taken.resolve(id);
        return id;
      };
      return [{ id: 'aaaaaaaa.1', goOn }];
    };
    const late = implement(keep, (_, job) => job.state(), { recover });
    await using _ = await openClient(former, { stateFolder, commands: [late] });
    await pair.client.close();
    await former.close();
    await using _next = await openServer({ commands: [keep], bind: former.endpoint });
    expect(await taken.promise).toBe('aaaaaaaa.1');
  });

  test('is free when the process that held it was killed', async () => {
    const stateFolder = newFolder();
    const folder = await killed('lasting', stateFolder);
    await using pair = await openPair({ server: { commands: [keep] }, client: client({ stateFolder }) });
    expect(await folderOf(pair.server)).toBe(folder);
    expect(readdirSync(folder)).toEqual(['note']);
  });

  test('is refused to a client whose name changes, which continues without it', async () => {
    const unnamed = client({ named: false, stateFolder: newFolder() }, needing);
    await using pair = await openPair({ server: { commands: [keep] }, client: unnamed });
    const ended = await outcomeOf(pair.server);
    expect(ended).toMatchObject({ outcome: 'failed', error: { code: 'not_allowed' } });
    expect(ended.outcome === 'failed' && ended.error.message).toMatch('start the client with --name or --credentials');
  });

  test('that cannot be created fails the job, and keeps a client that needs it offline', async () => {
    const folder = newFolder();
    writeFileSync(join(folder, 'file'), '');
    const stateFolder = join(folder, 'file', 'w1');
    await using pair = await openPair({ server: { commands: [keep] }, client: client({ stateFolder }) });
    expect(await outcomeOf(pair.server)).toMatchObject({ outcome: 'failed', error: { code: 'command_failed' } });
    await using offline = await startClient(pair.server, client({ name: 'w2', stateFolder }, needing));
    const { error } = await offline.told.first((event) => event.type === 'disconnected');
    expect(error.message).toMatch(/^recover of keep: cannot keep state for w2: .*file is not a folder/);
  });
});

describe('the state of a client that is never restarted', () => {
  const temporaryPair = (parent: string, recover?: Recover) =>
    openPair({ server: { commands: [keep] }, client: client({ temporaryStateIn: parent, named: false }, recover) });

  test('is new, and is removed at its end', async () => {
    const parent = newFolder();
    const pair = await temporaryPair(parent);
    const folder = await folderOf(pair.server);
    writeFileSync(join(folder, 'note'), 'mine');
    expect(readdirSync(parent)).toEqual([folder.split('/').at(-2)]);
    await pair[Symbol.asyncDispose]();
    expect(readdirSync(parent)).toEqual([]);
  });

  test('is passed to the next client if it was killed, and removed when that has recovered', async () => {
    const parent = newFolder();
    const former = await killed('temporary', parent);
    const seen: unknown[] = [];
    const recover = ({ left }: Recovery): [] => {
      seen.push(left, ...left.map((folder) => readdirSync(folder)));
      return [];
    };
    await using _ = await temporaryPair(parent, recover);
    expect(seen).toEqual([[former], ['note']]);
    expect(readdirSync(parent)).toEqual([]);
  });

  test('that is kept, or whose recovery fails, is passed to the client after that', async () => {
    const parent = newFolder();
    const former = await killed('temporary', parent);
    const seen: (readonly string[])[] = [];
    let attempts = 0;
    {
      await using _ = await temporaryPair(parent, ({ left, keep }) => {
        seen.push(left);
        attempts += 1;
        if (attempts === 1) throw new Error('the engine is away');
        for (const folder of left) keep(folder);
        return [];
      });
      // The client that finds it holds it.
      await using _other = await temporaryPair(parent, telling(seen));
    }
    await using _ = await temporaryPair(parent, telling(seen));
    expect(seen).toEqual([[former], [former], [], [former]]);
    expect(existsSync(dirname(former))).toBe(false);
  });

  test('of a client that was killed before it held the state is removed when it is old enough', async () => {
    const parent = newFolder();
    for (const [name, age] of [
      ['new-abc123', 120],
      ['new-abc456', 0],
    ] as const) {
      mkdirSync(join(parent, name), { mode: 0o700 });
      utimesSync(join(parent, name), Date.now() / 1_000 - age, Date.now() / 1_000 - age);
    }
    await using _ = await temporaryPair(parent);
    expect(readdirSync(parent)).toEqual(['new-abc456']);
  });

  test('belongs to nobody else while the client lives', async () => {
    const parent = newFolder();
    const { holder, folder } = await startHolder('temporary', parent);
    await using _holder = holder;
    const seen: (readonly string[])[] = [];
    await using _ = await temporaryPair(parent, telling(seen));
    expect([seen.flat(), existsSync(folder)]).toEqual([[], true]);
  });
});

describe('a job', () => {
  async function running(timeoutMs?: number) {
    const begun = Promise.withResolvers<JobContext>();
    const end = Promise.withResolvers<string>();
    const work = (job: JobContext) => {
      begun.resolve(job);
      job.signal.addEventListener('abort', () => end.reject(job.signal.reason));
      return end.promise;
    };
    const pair = await openPair({ server: { commands: [keep] }, client: { commands: [keeping(undefined, work)] } });
    const group = await pair.server.submit('w1', keep, {}, timeoutMs === undefined ? {} : { timeoutMs });
    return { ...pair, group, end, job: await begun.promise };
  }

  test('knows its client, the store of its server, and its deadline', async () => {
    await using here = await running(60_000);
    const { client, storeId, timeoutMs = 0 } = here.job;
    expect([client, storeId]).toEqual(['w1', here.server.bootId]);
    expect(timeoutMs).toBeGreaterThan(0);
    expect(timeoutMs).toBeLessThanOrEqual(60_000);
    await using endless = await running();
    expect(endless.job.timeoutMs).toBeUndefined();
  });

  test('learns when its client has forgotten it: when a server has its outcome', async () => {
    await using here = await running();
    const forgotten = Promise.withResolvers<void>();
    const told: string[] = [];
    here.job.onForgotten(() => told.push('first'));
    here.job.onForgotten(() => forgotten.resolve());
    here.end.resolve('done');
    expect((await here.group.outcomes).map(({ outcome }) => outcome)).toEqual(['completed']);
    // The ack is sent together with it.
    await here.server.submit('w1', ping, {});
    await forgotten.promise;
    expect(told).toEqual(['first']);
  });
});
