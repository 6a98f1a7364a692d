import { chmodSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { Event } from '../../src/index.ts';
import { callWorkflow, type RunDetails } from '../../src/plugin/workflow-calls.ts';
import { RemoteJobService } from '../../src/remote/remote-job-service.ts';
import { freePort } from '../support/free-port.ts';
import { newFolder } from '../support/new-folder.ts';
import { Program } from '../support/program.ts';

const text = 'hunter2-of-the-test';
const secret = `\${secret.TOKEN}`;

/** A server with a folder of workflows; its workflow `nightly` may use a secret. */
class Scene implements AsyncDisposable {
  readonly folder = newFolder();
  /** The complete output of all programs. */
  readonly said: string[] = [];
  service: RemoteJobService | undefined;
  private readonly bind = `ipc://${this.folder}/s.sock`;
  private readonly programs: Program[] = [];

  constructor() {
    mkdirSync(this.path('flows'));
    this.write('token', `${text}\n`);
    this.write(
      'signalbox.yaml',
      `server: { workflows: flows, audit: audit.jsonl, log: "-", logLevel: debug }
secrets:
  TOKEN: { file: token, workflows: [nightly] }
`,
    );
  }

  path(name: string): string {
    return join(this.folder, name);
  }

  write(name: string, content: string): void {
    writeFileSync(this.path(name), content, { mode: 0o600 });
  }

  read(name: string): string {
    return readFileSync(this.path(name), 'utf8');
  }

  /** Started, and reached by its socket. */
  async server(...flags: string[]): Promise<Program> {
    const own = ['--bind', this.bind, '--socket-dir', this.folder, '--store', `sqlite:${this.path('store.db')}`];
    const server = this.start('server', '--headless', ...own, '--config', this.path('signalbox.yaml'), ...flags);
    const { grpc } = JSON.parse(await server.line(/"answering programs"/));
    this.service = await RemoteJobService.connect({ path: grpc });
    return server;
  }

  async client(): Promise<Program> {
    const client = this.start('client', '--connect', this.bind, '--name', 'w1', '--ready', '--allow', 'run');
    await client.line(/connected/);
    return client;
  }

  /** Runs lines by attach, in JSON. */
  async attach(...lines: string[]) {
    const commands = lines.flatMap((line) => ['-c', line]);
    await using program = new Program('attach', '--socket-dir', this.folder, '--output', 'json', ...commands);
    const exitCode = await program.exitCode();
    this.said.push(...program.out, ...program.err);
    return { exitCode, json: program.json };
  }

  /** Runs `nightly` to its end, or retries it. */
  async run(again?: number): Promise<RunDetails> {
    const { service } = this;
    if (!service) throw new Error('there is no server');
    const source = { name: 'nightly' };
    const started =
      again === undefined ? callWorkflow(service, 'run', { source }) : callWorkflow(service, 'retry', { run: again });
    return await callWorkflow(service, 'wait', { run: (await started).run });
  }

  /** Resolves with the first matching event from now on. */
  async event(type: Event['type']): Promise<void> {
    await using events = this.service?.watch();
    for await (const event of events ?? []) if (event.type === type) return;
  }

  /** Files and output that contain the text of the secret. */
  placesOf(found: string): string[] {
    const files = readdirSync(this.folder, { recursive: true, withFileTypes: true }).filter((one) => one.isFile());
    const all = [...this.said, ...this.programs.flatMap(({ out, err }) => [...out, ...err])];
    return [
      ...files.map(({ name }) => name).filter((_, at) => readFileSync(pathOf(files[at])).includes(found)),
      ...all.filter((line) => line.includes(found)),
    ];
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.service?.close();
    for (const program of this.programs.toReversed()) await program[Symbol.asyncDispose]();
  }

  private start(...args: string[]): Program {
    const program = new Program(...args);
    this.programs.push(program);
    return program;
  }
}

const pathOf = (file: { parentPath: string; name: string } | undefined): string =>
  join(file?.parentPath ?? '', file?.name ?? '');

/** A task that writes the variable TOKEN to a file. */
const writing = (folder: string, more = ''): string =>
  `sh -c 'printf %s \\"$TOKEN\\" > ${folder}/got; echo written${more}'`;

test('the text of a secret is in the environment of its program, and nowhere else', async () => {
  const port = await freePort();
  await using scene = new Scene();
  const waits = `; while [ ! -e ${scene.folder}/go ]; do sleep 0.05; done; exit 3`;
  const line = `@w1 run --env TOKEN=a:${secret}:\${param.word} ${writing(scene.folder, waits)}`;
  scene.write('flows/nightly.yaml', `params: { word: none }\ntasks:\n  a: { do: "${line}", retries: 1 }\n`);
  await scene.server('--metrics', `127.0.0.1:${port}`);
  await scene.client();
  await using events = new Program('attach', '--socket-dir', scene.folder, '--output', 'json', '--events');
  const written = scene.event('job.output');
  const run = scene.attach('workflow run nightly --param word=$$');
  await written;
  const shown = ['jobs', 'job %1', 'logs %1', 'workflow show 1', 'workflow list', 'clients'];
  await scene.attach(...shown);
  scene.said.push(await (await fetch(`http://127.0.0.1:${port}/metrics`)).text());
  expect(scene.placesOf('hunter2')).toEqual(['got', 'token']);
  scene.write('go', '');
  expect((await run).exitCode).toBe(4);
  await scene.attach(...shown, 'jobs --command run', 'job %2', 'workflow show 1');
  expect(scene.read('got')).toBe(`a:${text}:$$`);
  scene.said.push(...events.out);
  expect(scene.placesOf('hunter2')).toEqual(['got', 'token']);
  // The searched places have the rest of it.
  expect(scene.placesOf('printf')).toEqual(expect.arrayContaining(['audit.jsonl', 'store.db-wal']));
  expect(scene.said.filter((one) => one.includes('printf')).length).toBeGreaterThan(5);
});

test('a secret is reread each time a command is sent: by a retry, and by a server that adopts its run', async () => {
  await using scene = new Scene();
  const line = `@w1 run --env TOKEN=${secret} ${writing(scene.folder)}`;
  scene.write('flows/nightly.yaml', `tasks:\n  a: "${line}"\n`);
  const first = await scene.server();
  const client = await scene.client();
  expect((await scene.run()).state).toBe('completed');
  expect(scene.read('got')).toBe(text);

  scene.write('token', 'second');
  await scene.run();
  expect(scene.read('got')).toBe('second');

  rmSync(scene.path('token'));
  const error = expect.stringMatching(/^the secret TOKEN, .* cannot be read: ENOENT/);
  expect((await scene.run()).tasks).toMatchObject([{ state: 'rejected', error }]);

  scene.write('token', 'third');
  await scene.run(3);
  expect(scene.read('got')).toBe('third');

  // It waits for a client that connects only to the next server.
  const gone = scene.event('client.left');
  client.child.kill();
  await gone;
  const sent = scene.event('job.submitted');
  void scene.run().catch(() => {});
  await sent;
  scene.service?.close();
  first.child.kill('SIGKILL');
  await first.exitCode();
  scene.write('token', 'fourth');
  await scene.server();
  await scene.client();
  const { service } = scene;
  expect(service && (await callWorkflow(service, 'wait', { run: 4 })).state).toBe('completed');
  expect(scene.read('got')).toBe('fourth');
});

test('only the workflow that is named, as it is in the folder, has the secret', async () => {
  await using scene = new Scene();
  const line = `@w1 run --env TOKEN=${secret} true`;
  const file = scene.path('nightly.yaml');
  scene.write('nightly.yaml', `name: nightly\ntasks:\n  a: "${line}"\n`);
  scene.write('flows/other.yaml', `tasks:\n  a: "${line}"\n`);
  scene.write('flows/nightly.yaml', `tasks:\n  a: "@w1 run echo ${secret}"\n`);
  const server = await scene.server();
  await server.line(/other.yaml:2:21: \$\{secret.TOKEN\}: other may not use the secret TOKEN/);
  await server.line(/nightly.yaml:2:20: .*: a secret is only permitted in arguments that are never shown/);
  expect(await scene.attach(`workflow run ${file}`)).toMatchObject({
    exitCode: 2,
    json: [
      {
        code: 'bad_usage',
        message: `${file}:3:21: ${secret}: only workflows of the folder --workflows may use secrets`,
      },
      {},
    ],
  });
  expect(await scene.attach('workflow check nightly.yaml')).toMatchObject({ exitCode: 2 });
});

test('a reference that was typed, or is in a value, is text', async () => {
  await using scene = new Scene();
  scene.write(
    'flows/nightly.yaml',
    `params: { word: none }
tasks:
  a: "@w1 run --env A=${secret} --env B=\${param.word} sh -c 'echo \\"$B\\"'"
  b: { do: "@w1 run --env C=\${a.stdout} sh -c 'echo \\"$C\\" > ${scene.folder}/got'", needs: a }
`,
  );
  await scene.server();
  await scene.client();
  await scene.attach(`workflow run nightly --param 'word=${secret}'`);
  expect(scene.read('got')).toBe(`${secret}\n`);
  await scene.attach(`run --env 'D=${secret}' sh -c 'echo "$D" > ${scene.folder}/got'; wait`);
  expect(scene.read('got')).toBe(`${secret}\n`);
});

test('check with the configuration of the server allows secrets only for files in its folder', async () => {
  await using scene = new Scene();
  const tasks = [`a: "run --env A=${secret} true"`, `b: "run echo ${secret}"`, `c: "run --env A=\${secret.TOKN} true"`];
  const flow = `name: nightly\ntasks:\n  ${tasks.join('\n  ')}\n`;
  scene.write('flows/nightly.yaml', flow);
  scene.write('nightly.yaml', flow);
  const check = async (...args: string[]) => {
    await using program = new Program('workflow', 'check', ...args);
    expect(await program.exitCode()).toBe(2);
    return program.out.map((one) => one.slice(one.indexOf('.yaml') + 5));
  };
  const config = ['--config', scene.path('signalbox.yaml')];
  const shown = `:4:16: ${secret}: a secret is only permitted in arguments that are never shown, such as --env of run`;
  expect(await check(...config, scene.path('flows/nightly.yaml'))).toEqual([
    shown,
    `:5:17: \${secret.TOKN}: there is no secret TOKN; did you mean TOKEN?`,
  ]);
  const elsewhere = 'only workflows of the folder --workflows may use secrets: check it there, with its --config';
  expect(await check(...config, scene.path('nightly.yaml'))).toEqual([
    `:3:17: ${secret}: ${elsewhere}`,
    shown,
    `:5:17: \${secret.TOKN}: ${elsewhere}`,
  ]);
  expect(await check(scene.path('flows/nightly.yaml'))).toHaveLength(3);
});

test('a file that others can read gives a warning with what to type', async () => {
  await using scene = new Scene();
  chmodSync(scene.path('token'), 0o644);
  const server = await scene.server();
  const path = scene.path('token');
  await server.line(new RegExp(`others can read ${path}, which contains the secret TOKEN; .*: chmod 600 ${path}`));
});
