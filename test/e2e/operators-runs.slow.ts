import { readFileSync, writeFileSync } from 'node:fs';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import type { RunDetails, RunView } from '../../src/plugin/workflow-calls.ts';
import { RemoteJobService } from '../../src/remote/remote-job-service.ts';
import { newFolder } from '../support/new-folder.ts';
import { Program } from '../support/program.ts';

const plugin = fileURLToPath(new URL('acting-plugin.ts', import.meta.url));
const actor = 'operator:ada';

/** A server that is killed and restarted, its clients w1 and w2, and the plug-in that acts for ada. */
class Scene implements AsyncDisposable {
  readonly folder = newFolder();
  private readonly bind = `ipc://${this.folder}/box`;
  private readonly cleanup = new AsyncDisposableStack();
  private server!: Program;

  static async open(): Promise<Scene> {
    const scene = new Scene();
    await scene.start();
    for (const name of ['w1', 'w2']) {
      scene.cleanup.use(new Program('client', '--connect', scene.bind, '--name', name, '--ready', '--allow', 'run'));
      await scene.server.line(new RegExp(`"client":"${name}","state":"ready"`));
    }
    return scene;
  }

  async start(): Promise<void> {
    const store = ['--store', `sqlite:${join(this.folder, 'jobs.db')}`];
    const own = ['--plugin', plugin, '--socket-dir', this.folder, '--audit', join(this.folder, 'audit')];
    this.server = this.cleanup.use(new Program('server', '--headless', '--bind', this.bind, ...store, ...own));
    await this.server.line(/answering programs/);
  }

  async kill(): Promise<void> {
    this.server.child.kill('SIGKILL');
    await this.server.exitCode();
  }

  async service(): Promise<RemoteJobService> {
    const path = JSON.parse(await this.server.line(/answering programs/)).grpc;
    return this.cleanup.use(await RemoteJobService.connect({ path, awayMs: 20_000 }));
  }

  async operators(...args: string[]): Promise<void> {
    await using program = new Program('operators', ...args, '--socket-dir', this.folder);
    expect(await program.exitCode()).toBe(0);
  }

  audited(): string[] {
    const records = readFileSync(join(this.folder, 'audit'), 'utf8').trim().split('\n');
    return records.map((line) => JSON.parse(line)).flatMap((one) => (one.actor ? [`${one.event} ${one.actor}`] : []));
  }

  /** A program that runs until `open` is called. */
  gate(name: string) {
    const path = join(this.folder, name);
    return { script: `until [ -e ${path} ]; do sleep 0.05; done`, open: () => writeFileSync(path, '') };
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.cleanup.disposeAsync();
  }
}

const runAs = async (service: RemoteJobService, text: string): Promise<number> => {
  const request = { source: { text, file: 'flow.yaml' } };
  return ((await service.call('act/call', { actor, method: 'workflow/run', request })) as RunView).run;
};
const show = async (service: RemoteJobService, run: number): Promise<RunDetails> =>
  (await service.call('workflow/show', { run })) as RunDetails;
const statesOf = ({ tasks }: RunDetails) => tasks.map(({ task, state }) => `${task}=${state}`).join(' ');
const patient = { timeout: 30_000, interval: 50 };

test('a run of an operator continues as that operator after kill -9, and stops with the reason when the operator is removed', {
  timeout: 90_000,
}, async () => {
  await using scene = await Scene.open();
  await scene.operators('add', 'ada', '--role', 'operator');
  const first = await scene.service();
  const [one, two] = [scene.gate('one'), scene.gate('two')];
  const text = `tasks:
  one: { do: '@w1 run sh -c "${one.script}"' }
  two: { do: '@w2 run sh -c "${two.script}"', needs: one }
  three: { do: "@w1 run true", needs: two }
  ask: { do: "@w1 run true", approve: "Go?" }
`;
  const run = await runAs(first, text);
  await expect.poll(async () => statesOf(await show(first, run)), patient).toMatch(/^one=running .* ask=asking$/);
  await scene.kill();
  await scene.start();
  one.open();
  const second = await scene.service();
  await expect.poll(async () => statesOf(await show(second, run)), patient).toMatch(/^one=completed two=running/);
  const jobs = async () => (await second.history()).jobs.map(({ client, actor }) => [client, actor]);
  await expect.poll(jobs, patient).toEqual([
    ['w2', actor],
    ['w1', actor],
  ]);
  await scene.operators('remove', 'ada');
  await scene.kill();
  await scene.start();
  await scene.operators('add', 'ada', '--role', 'admin');
  const third = await scene.service();
  const stopped = 'one=completed two=running three=cancelled ask=cancelled';
  await expect.poll(async () => statesOf(await show(third, run)), patient).toBe(stopped);
  two.open();
  await expect.poll(async () => (await show(third, run)).state, patient).toBe('failed');
  const ended = await show(third, run);
  expect(statesOf(ended)).toBe('one=completed two=completed three=cancelled ask=cancelled');
  expect(ended.tasks.map(({ error }) => error)).toEqual([
    undefined,
    undefined,
    'operator ada was removed',
    'operator ada was removed',
  ]);
  expect((await third.history()).jobs).toHaveLength(2);
});

test('pending commands of a removed operator are not sent, and running ones continue', {
  timeout: 60_000,
}, async () => {
  await using scene = await Scene.open();
  await scene.operators('add', 'ada', '--role', 'operator');
  const service = await scene.service();
  const gate = scene.gate('gate');
  const id = await service.call('act/run', { actor, targets: ['w1', 'w2'], argv: ['sh', '-c', gate.script] });
  const ends = async () => {
    const { jobs } = await service.history({ id: String(id) });
    return jobs.map(({ client, outcome }) => [client, outcome]).toSorted();
  };
  await expect.poll(async () => (await service.list({ state: 'running' })).length, patient).toBe(1);
  await scene.operators('remove', 'ada');
  await expect.poll(ends, patient).toEqual([
    ['w1', undefined],
    ['w2', 'cancelled'],
  ]);
  gate.open();
  await expect.poll(ends, patient).toEqual([
    ['w1', 'completed'],
    ['w2', 'cancelled'],
  ]);
  const by = `local:${userInfo().username}`;
  await expect
    .poll(() => scene.audited().toSorted(), patient)
    .toEqual([
      'cancel owner',
      'cancel owner',
      `operator-added ${by}`,
      `operator-removed ${by}`,
      `sent ${actor}`,
      `sent ${actor}`,
    ]);
  const refused = service.call('act/run', { actor, targets: ['w1'], argv: ['true'] });
  await expect(refused).rejects.toMatchObject({ code: 'no_such_target' });
});
