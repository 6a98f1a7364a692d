import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { createCommandChannel } from '../../src/notify/channels/command.ts';
import { newFolder } from '../support/new-folder.ts';

const message = {
  id: 'msg_1',
  body: '{"type":"job.settled"}',
  event: 'job.settled',
  text: 'run on w1 failed',
  count: 1,
};
const attempt = () => ({ signal: new AbortController().signal, nowMs: 0 });

function channelOf(script: string, timeoutMs?: number) {
  const cwd = newFolder();
  const limit = timeoutMs === undefined ? {} : { timeoutMs };
  return { cwd, channel: createCommandChannel({ run: ['sh', '-c', script], cwd, env: process.env, ...limit }) };
}

const isRunning = (pid: string): boolean => {
  const path = `/proc/${pid}/stat`;
  return existsSync(path) && !/\) Z /.test(readFileSync(path, 'utf8'));
};

test('a program that starts others and hangs fails in time, and none of its processes remain', async () => {
  const { cwd, channel } = channelOf('sleep 1000 & echo $! > child; echo $$ > own; wait', 300);
  await expect(channel.send(message, attempt())).rejects.toThrow('it took more than 0.3 s');
  for (const name of ['child', 'own']) expect(isRunning(readFileSync(join(cwd, name), 'utf8').trim())).toBe(false);
});

test('a program that accepted a message and leaves processes behind has not failed', async () => {
  const { cwd, channel } = channelOf('sleep 1000 & echo $! > child; exit 0', 300);
  await channel.send(message, attempt());
  expect(isRunning(readFileSync(join(cwd, 'child'), 'utf8').trim())).toBe(false);
});

test('text is data: none of it is executed, and a program need not read its input', async () => {
  const { cwd, channel } = channelOf('printenv SIGNALBOX_NOTIFY_TEXT > told; exec 0<&-');
  const text = '$(touch hacked) `touch hacked` "\'; touch hacked\nBcc: all@example.org \x1b[2J';
  await channel.send({ ...message, text: `${text}\0`, body: JSON.stringify('x'.repeat(1_000_000)) }, attempt());
  expect(readFileSync(join(cwd, 'told'), 'utf8')).toBe(`${text}\n`);
  expect(existsSync(join(cwd, 'hacked'))).toBe(false);
});

test('a missing program, and one that prints without end, fail', async () => {
  const none = createCommandChannel({ run: ['/no/such/program'], cwd: newFolder(), env: process.env });
  await expect(none.send(message, attempt())).rejects.toThrow('there is no program /no/such/program');
  const { channel } = channelOf('while :; do echo error >&2; done', 300);
  await expect(channel.send(message, attempt())).rejects.toThrow(/^it took more than 0.3 s: error$/);
});
