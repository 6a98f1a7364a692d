import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { freePort } from '../support/free-port.ts';
import { newFolder } from '../support/new-folder.ts';
import { ChildProgram, Program } from '../support/program.ts';

const main = fileURLToPath(new URL('../../examples/web-application/main.ts', import.meta.url));

/** The application, which keeps its store in a folder, and a client. */
async function scene() {
  const ends = new AsyncDisposableStack();
  const folder = newFolder();
  mkdirSync(join(folder, 'box'), { mode: 0o700 });
  const endpoint = `ipc://${folder}/box/socket`;
  const port = await freePort();
  const at = (path: string) => `http://127.0.0.1:${port}${path}`;
  const open = async () => {
    const program = ends.use(
      new ChildProgram('sh', ['-c', 'cd "$0" && exec "$@"', folder, process.execPath, main, endpoint, `${port}`]),
    );
    await program.line(/^open http/);
    return program;
  };
  const client = async () => {
    const program = ends.use(new Program('client', '--connect', endpoint, '--name', 'w1', '--allow', 'run', '--ready'));
    await program.line(/w1 is connected/);
  };
  const submit = async (task: string): Promise<string> => {
    const response = await fetch(at(`/jobs/${task}`), { method: 'POST' });
    expect(response.status).toBe(202);
    return response.headers.get('location') ?? '';
  };
  return { open, client, submit, at, [Symbol.asyncDispose]: () => ends.disposeAsync() };
}

/** The text of a stream, to its end. */
async function eventsOf(url: string) {
  const body = await (await fetch(url)).text();
  const events = body
    .trim()
    .split('\n\n')
    .map((event) => /^event: (.*)\ndata: (.*)$/.exec(event) ?? []);
  return events.map(([, type = '', data = '']) => ({ type, ...JSON.parse(data) }));
}

test('a visitor starts a job and gets its output and its end, live and again later', async () => {
  await using here = await scene();
  await here.open();
  await here.client();
  const location = await here.submit('count');
  const text = Array.from({ length: 5 }, (_, at) => `step ${at + 1}\n`).join('');
  for (const _ of ['live', 'again']) {
    const events = await eventsOf(here.at(`${location}/events`));
    expect(events[0]).toMatchObject({ type: 'begin', client: 'w1' });
    expect(
      events
        .slice(1, -1)
        .map((event) => event.text)
        .join(''),
    ).toBe(text);
    expect(events.at(-1)).toEqual({ type: 'end', outcome: 'completed', text: 'exit code 0' });
  }
});

test('invalid requests are refused: no client, no such task, no such job', async () => {
  await using here = await scene();
  await here.open();
  const statusOf = async (method: string, path: string) => (await fetch(here.at(path), { method })).status;
  expect(await statusOf('POST', '/jobs/count')).toBe(503);
  expect(await statusOf('POST', '/jobs/rm')).toBe(404);
  expect(await statusOf('GET', '/jobs/none.1/w1/events')).toBe(404);
  expect(await statusOf('GET', '/')).toBe(200);
});

test('a job is cancelled', async () => {
  await using here = await scene();
  await here.open();
  await here.client();
  const location = await here.submit('count');
  const events = eventsOf(here.at(`${location}/events`));
  expect((await fetch(here.at(location), { method: 'DELETE' })).status).toBe(202);
  expect((await events).at(-1)).toMatchObject({ type: 'end', outcome: 'cancelled' });
});

test('SIGTERM ends streams and then the application; the next one has the rest of the job', async () => {
  await using here = await scene();
  const application = await here.open();
  await here.client();
  const location = await here.submit('count');
  const events = eventsOf(here.at(`${location}/events`));
  application.child.kill('SIGTERM');
  expect((await events).map(({ type }) => type)).not.toContain('end');
  expect(await application.exitCode()).toBe(0);
  await here.open();
  const rest = await eventsOf(here.at(`${location}/events`));
  expect(rest.at(-1)).toMatchObject({ type: 'end', outcome: 'completed' });
  expect(
    rest
      .filter(({ type }) => type === 'output')
      .map((event) => event.text)
      .join(''),
  ).toContain('step 5\n');
});
