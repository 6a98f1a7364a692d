import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { hasOpenssl } from '../api/https/certificates.ts';
import { grpcOver, openHttps } from '../api/https/open-https.ts';

const handshakes = Number(process.env.BAD_HANDSHAKES ?? 500);
const tokens = Number(process.env.WRONG_TOKENS ?? 2_000);
const flooder = fileURLToPath(new URL('https-flooder.ts', import.meta.url));

test.skipIf(!hasOpenssl)(
  'an operator is served during bad handshakes and wrong tokens',
  { timeout: 600_000 },
  async () => {
    const { url, authority, add, ends, news } = await openHttps();
    const call = grpcOver(url, { ca: authority.cert, token: await add('ada') }, ends);
    const took: number[] = [];
    const ping = async () => {
      const begunMs = performance.now();
      const { messages } = await call('JobService/Submit', { targets: ['w1'], command: 'ping' });
      const ended = await call('JobService/Wait', { id: messages[0]?.id as string });
      took.push(performance.now() - begunMs);
      return ended.status;
    };
    expect(await ping()).toBe('ok');
    const args = [flooder, new URL(url).port, `${handshakes}`, `${tokens}`];
    let isOver = false;
    const flood = promisify(execFile)(process.execPath, args).finally(() => {
      isOver = true;
    });
    const statuses = new Set<string>();
    while (!isOver) statuses.add(await ping());
    const { stdout } = await flood;
    took.sort((a, b) => a - b);
    const at = (share: number) => `${took[Math.floor(took.length * share)]?.toFixed(1)} ms`;
    console.log(`${took.length} pings: p50 ${at(0.5)}, p99 ${at(0.99)}; flood: ${stdout.trim()}`);
    expect([...statuses]).toEqual(['ok']);
    expect(news.filter(({ type }) => type === 'signed in').length).toBe(1);
    expect(JSON.parse(stdout).ended).toBeGreaterThanOrEqual(handshakes);
  },
);
