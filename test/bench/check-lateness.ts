import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer as createSite } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { createServer } from '../../src/index.ts';
import { check } from '../../src/plugins/check/contracts/check.ts';
import { recordSchema } from '../../src/plugins/check/contracts/result.ts';
import plugin from '../../src/plugins/check/plugin.ts';
import { cpuSeconds } from '../support/process-stat.ts';

// How late the checks of one client are: node test/bench/check-lateness.ts --checks 1000 --every 30 --seconds 120 --evil 20

const { values } = parseArgs({
  options: {
    checks: { type: 'string', default: '1000' },
    every: { type: 'string', default: '30' },
    seconds: { type: 'string', default: '120' },
    evil: { type: 'string', default: '0' },
  },
});
const [checks, everyS, seconds, evil] = [values.checks, values.every, values.seconds, values.evil].map(Number);

const self = fileURLToPath(import.meta.url);
if (process.send) await serve();
else await measure(checks ?? 0, (everyS ?? 0) * 1_000, (seconds ?? 0) * 1_000, evil ?? 0);

/** The site: a small page, and one of a megabyte on which bad patterns take long. */
async function serve(): Promise<void> {
  const large = Buffer.from(
    Array.from({ length: 1_048_000 }, (_, index) => 'ab'[((index * 2_654_435_761) >>> 13) & 1]).join(''),
  );
  const site = createSite((request, response) => response.end(request.url === '/large' ? large : 'fine')).listen(
    0,
    '127.0.0.1',
  );
  await once(site, 'listening');
  process.send?.((site.address() as AddressInfo).port);
  process.once('disconnect', () => process.exit());
}

async function measure(count: number, everyMs: number, forMs: number, evilCount: number): Promise<void> {
  await using server = await createServer({ bind: 'tcp://127.0.0.1:*', plugins: [plugin] });
  const site = spawn(process.execPath, [self], { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
  const [port] = await once(site, 'message');
  const main = fileURLToPath(new URL('../../src/main.ts', import.meta.url));
  const options = ['--name', 'c1', '--ready', '--quiet', '--plugin', 'signalbox/check', '--check-private'];
  const client = spawn(process.execPath, [main, 'client', '--connect', server.endpoint, ...options], {
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  await server.waitForClients(1);
  const lateMs: number[] = [];
  let bad = 0;
  let isMeasured = false;
  const reader = server.watch();
  const reading = (async () => {
    for await (const event of reader) {
      if (event.type !== 'job.records') continue;
      for (const { value } of event.records) {
        const result = recordSchema.parse(value);
        if (!isMeasured || result.check.startsWith('evil')) continue;
        lateMs.push(result.atMs - result.plannedAtMs);
        if (!result.ok) bad += 1;
      }
    }
  })();
  for (let index = 0; index < count; index += 1) {
    await server.submit('c1', check, { url: `http://127.0.0.1:${port}/`, every: everyMs, name: `check ${index}` });
  }
  const evils = ['(a|b)*a(a|b){500}$', '[ab]*a[ab]{20}$', '(a+b+)+$', '(.*a){20}c'];
  for (let index = 0; index < evilCount; index += 1) {
    const match = `(?:${evils[index % evils.length]}|x{${index + 1}})`;
    await server.submit('c1', check, {
      url: `http://127.0.0.1:${port}/large`,
      every: 1_000,
      match,
      name: `evil ${index}`,
    });
  }
  await new Promise((resolve) => setTimeout(resolve, everyMs));
  isMeasured = true;
  const [cpuBefore, atMs] = [cpuSeconds(client.pid ?? 0), performance.now()];
  await new Promise((resolve) => setTimeout(resolve, forMs));
  isMeasured = false;
  const cpu = ((cpuSeconds(client.pid ?? 0) - cpuBefore) * 1_000) / (performance.now() - atMs);
  await reader[Symbol.asyncDispose]();
  await reading;
  lateMs.sort((one, other) => one - other);
  const at = (share: number) => lateMs[Math.floor(lateMs.length * share)];
  process.stdout.write(
    `${lateMs.length} checks of ${count}, ${bad} not ok, ${evilCount} evil ones each second beside them\n`,
  );
  process.stdout.write(
    `late by: median ${at(0.5)} ms, p99 ${at(0.99)} ms, most ${lateMs.at(-1)} ms; CPU ${(cpu * 100).toFixed(1)} % of a core\n`,
  );
  client.kill();
  site.disconnect();
  await once(client, 'exit');
}
