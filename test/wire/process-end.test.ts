import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished, test } from 'vitest';
import { dial } from '../../src/wire/dial.ts';

const modulePath = (path: string) => JSON.stringify(fileURLToPath(new URL(path, import.meta.url)));

/** A process that runs these lines with the module of a listener, and exits when nothing keeps it alive. */
function run(...lines: string[]) {
  const text = [
    `const { listen } = await import(${modulePath('../../src/wire/listener.ts')});`,
    `const { arrivalsOf } = await import(${modulePath('../support/pulled.ts')});`,
    `const { createKeyPair } = await import(${modulePath('../../src/wire/curve.ts')});`,
    `const keys = { ...createKeyPair(), authenticate: () => true };`,
    ...lines,
  ].join('\n');
  const args = ['--input-type=module', '-e', text];
  const program = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  onTestFinished(() => void program.kill('SIGKILL'));
  return program;
}

test('a closed listener with keys does not keep its process alive', async () => {
  const program = run(`await (await listen('tcp://127.0.0.1:*', keys))[Symbol.asyncDispose]();`);
  expect(await once(program, 'exit')).toEqual([0, null]);
});

test('a listener with keys that failed to listen does not keep its process alive', async () => {
  const program = run(
    `const first = await listen('tcp://127.0.0.1:*');`,
    `await listen(first.endpoint, keys).then(() => process.exit(1), () => {});`,
    `await first[Symbol.asyncDispose]();`,
  );
  expect(await once(program, 'exit')).toEqual([0, null]);
});

test('a closed listener does not keep its process alive, even if a client does not read', async () => {
  const program = run(
    `const listener = await listen('tcp://127.0.0.1:*');`,
    `console.log(listener.endpoint);`,
    `for await (const { peer } of arrivalsOf(listener)) {`,
    `  const isFull = (error) => error.code === 'EAGAIN';`,
    `  while (!(await listener.send(peer, Buffer.alloc(65_536)).then(() => false, isFull))) await new Promise(setImmediate);`,
    `  break;`,
    `}`,
    `await listener[Symbol.asyncDispose]();`,
  );
  const [endpoint] = await once(program.stdout, 'data');
  await using connection = await dial(String(endpoint).trim(), new AbortController().signal);
  await connection.send(Buffer.from('hello'));
  expect(await once(program, 'exit')).toEqual([0, null]);
});
