import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { Router } from 'zeromq';
import { type FromServer, limits } from '../../schemas/index.ts';
import { freeEndpoint } from '../support/free-port.ts';
import { Program } from '../support/program.ts';
import { frameOf, welcomeOf } from '../support/wire.ts';

const boot = 'mallorymallory';
const id = `${boot}.1`;
const welcome = welcomeOf(boot);
const start: FromServer = { type: 'command', id, name: 'start', args: {}, sentMs: 0 };
const calculate: FromServer = {
  type: 'command',
  id: `${boot}.2`,
  name: 'calculate',
  args: { seconds: 0, message: 'kept' },
  sentMs: 0,
};
const beats = Array.from(
  { length: limits.maxBatchMessages },
  (_, seq): FromServer => ({
    type: 'heartbeat',
    seq,
    sentMs: 0,
  }),
);

/**
 * Welcomes each client, gives it work, and then keeps sending messages that need an answer. It reads only the hello.
 */
async function askWithoutReading(endpoint: string, frame: Buffer) {
  const router = new Router({ mandatory: true, sendTimeout: 0, linger: 0, receiveHighWaterMark: 1 });
  await router.bind(endpoint);
  let isOver = false;
  const asking = (async () => {
    const [peer = Buffer.alloc(0)] = await router.receive();
    await router.send([peer, frameOf(welcome, start, calculate)]);
    while (!isOver) {
      try {
        await router.send([peer, frame]);
      } catch (error) {
        if (!(error instanceof Error && 'code' in error && error.code === 'EAGAIN')) return;
        await sleep(5);
      }
    }
  })();
  return {
    async [Symbol.asyncDispose]() {
      isOver = true;
      await asking;
      const closed = new Promise((resolve) => router.events.on('close', resolve));
      router.close();
      await closed;
    },
  };
}

/** The peak memory of a process, in MiB. */
function peakMiB(pid: number | undefined): number {
  const [, kib = ''] = /VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
  return Number(kib) / 1_024;
}

test.each([
  ['heartbeats', beats],
  ['the output of a job, again and again', Array<FromServer>(1_000).fill({ type: 'fetch', id: `${boot}.2`, from: {} })],
])(
  'a server that asks for %s and does not read is left, and the next one is told what was kept, once',
  {
    timeout: 180_000,
  },
  async (_what, messages) => {
    const endpoint = await freeEndpoint();
    await using client = new Program('client', '--connect', endpoint, '--name', 'w1');
    {
      await using _deaf = await askWithoutReading(endpoint, frameOf(...messages));
      await client.line(/sends requests but does not read the replies; trying again/);
      expect(peakMiB(client.child.pid)).toBeLessThan(400);
    }
    await using server = new Program('server', '--bind', endpoint, '--output', 'json', '--keep-going');
    await server.line(/"type":"result".*mallorymallory.2/);
    server.type('ping', 'wait', 'terminate');
    expect(await client.exitCode()).toBe(0);
    server.end();
    await server.exitCode();
    const told = server.json.filter(({ type, id: job }) => type === 'result' && String(job).startsWith(boot));
    expect(told.map(({ id: job, outcome }) => [job, outcome])).toEqual([
      [`${boot}.1`, 'completed'],
      [`${boot}.2`, 'completed'],
    ]);
    expect(server.about('result', 'ping')).toMatchObject([{ client: 'w1', outcome: 'completed' }]);
    expect(client.out.filter((line) => line.includes('kept'))).toHaveLength(1);
  },
);
