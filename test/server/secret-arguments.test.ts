import { expect, test } from 'vitest';
import { type Interceptor, run, SignalboxError } from '../../src/index.ts';
import { fromStoredArgs, storedArgs } from '../../src/server/journal/stored-args.ts';
import { openClient, openServer } from '../support/library.ts';
import { newFolder } from '../support/new-folder.ts';
import { refusal } from '../support/refusal.ts';

const reference = `\${secret.T}`;
const args = { env: [`A=x${reference}`], argv: ['sh', '-c', 'printf %s "$A"'] };
const secrets = [{ path: ['env', 0], pieces: ['A=x', { secret: 'T' }] }];

async function openScene(text: string | Error, interceptors: readonly Interceptor[] = []) {
  await using opening = new AsyncDisposableStack();
  const secretOf = (name: string) => {
    if (text instanceof Error) throw text;
    return `${name}:${text}`;
  };
  const server = opening.use(await openServer({ bind: `ipc://${newFolder()}/s.sock`, secretOf, interceptors }));
  const client = opening.use(await openClient(server, { allow: ['run'] }));
  return Object.assign(opening.move(), { server, client });
}

test('the client gets the text, and everybody else the name', async () => {
  await using scene = await openScene('hunter2');
  const { id, jobs } = await scene.server.submit('w1', run, args, { secrets });
  const { outcome } = (await jobs[0]?.outcome) ?? {};
  const job = { id, client: 'w1' };
  const [output] = await scene.server.output(job);
  expect([outcome, String(output?.data)]).toEqual(['completed', 'xT:hunter2']);
  expect(JSON.stringify([await scene.server.get(job), scene.server.told.all])).not.toContain('hunter2"');
});

test('without the option the characters are literal', async () => {
  await using scene = await openScene('hunter2');
  const { id, jobs } = await scene.server.submit('w1', run, args);
  await jobs[0]?.outcome;
  const [output] = await scene.server.output({ id, client: 'w1' });
  expect(String(output?.data)).toBe(`x${reference}`);
});

test.each([
  ['that is not available', new SignalboxError('not_allowed', 'no file'), { code: 'not_allowed', message: 'no file' }],
  [
    'that does not match its schema, and is not shown',
    'hunter2\0',
    { code: 'bad_arguments', message: `run: 'A=x${reference}' is not valid with the value of the secret` },
  ],
  ['that is too long', 'x'.repeat(2_000_000), { code: 'message_too_large', message: expect.any(String) }],
])('a command with a text %s is rejected', async (_, text, error) => {
  await using scene = await openScene(text);
  const { jobs } = await scene.server.submit('w1', run, args, { secrets });
  expect(await jobs[0]?.outcome).toMatchObject({ outcome: 'rejected', error });
  expect((await scene.server.clients())[0]).toMatchObject({ state: 'ready' });
});

test('a secret in a shown argument is refused, and so is one in a place where it is not allowed', async () => {
  await using scene = await openScene('hunter2');
  const submit = (given: object, path: (string | number)[], text: string) =>
    scene.server.submit(
      'w1',
      run,
      { argv: ['true'], ...given },
      { secrets: [{ path, pieces: [text, { secret: 'T' }] }] },
    );
  await expect(submit({ argv: [reference] }, ['argv', 0], '')).rejects.toThrow(refusal('bad_usage'));
  await expect(submit({ env: [`A${reference}=1`] }, ['env', 0], 'A')).rejects.toThrow(refusal('bad_usage'));
  await expect(submit({ env: ['A=B'] }, ['env', 0], 'A=')).rejects.toThrow(refusal('bad_usage'));
});

test('an interceptor cannot move a secret to where it is visible', async () => {
  const moves: Interceptor = (call, next) =>
    next(call.method === 'submit' ? { ...call, args: { argv: ['echo', `A=x${reference}`] } } : call);
  await using scene = await openScene('hunter2', [moves]);
  await expect(scene.server.submit('w1', run, args, { secrets })).rejects.toThrow(refusal('bad_usage'));
});

test.each([
  { args: { a: 1 } },
  { args, secrets },
  { args: { $secrets: [{ path: ['args', 'a'], pieces: [{ secret: 'T' }] }], args: { a: 'x' } } },
])('what is stored of arguments is what is read: %j', (both) => {
  expect(fromStoredArgs(storedArgs(both))).toEqual(both);
});
