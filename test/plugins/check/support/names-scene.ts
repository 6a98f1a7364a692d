import { once } from 'node:events';
import { setTimeout } from 'node:timers/promises';
import type { JobOutcome } from '../../../../src/index.ts';
import type { CheckArgs } from '../../../../src/plugins/check/contracts/check.ts';
import plugin, { check } from '../../../../src/plugins/check/plugin.ts';
import { openPair } from '../../../support/library.ts';
import { answer, openSite } from './bad-site.ts';
import { openNameServer } from './name-server.ts';

// Checks of names that a test's own name server answers, in its own network namespace. Prints the results as JSON.

const own = ['127.0.0.1'];
await using names = await openNameServer(async (name, count) => {
  if (name.startsWith('silent')) return 'silence';
  if (name === 'slow.example') await setTimeout(300);
  if (name === 'changing.example') return count === 1 ? own : ['169.254.169.254'];
  if (name === 'failing.example') return 'SERVFAIL';
  const isMissing = name === 'missing.example' || (name.endsWith('.inside.example') && !name.startsWith('short.'));
  return isMissing ? 'NXDOMAIN' : own;
});
await using site = await openSite({
  '/': answer('200 OK', {}, 'fine'),
  '/on': answer('302 Found', { location: '/' }, ''),
});
await using pair = await openPair({
  server: { plugins: [plugin] },
  client: { plugins: [{ plugin, options: { private: true } }] },
});

async function outcomeOf(host: string, args: Partial<CheckArgs> = {}, path = '/'): Promise<JobOutcome | undefined> {
  const url = `http://${host}:${site.port}${path}`;
  const [outcome] = await (await pair.server.submit('w1', check, { url, ...args })).outcomes;
  return outcome;
}

const kindOf = (outcome: JobOutcome | undefined) => {
  const result = outcome && 'result' in outcome ? check.result.safeParse(outcome.result).data : undefined;
  return result ? (result.errorKind ?? 'ok') : JSON.stringify(outcome);
};

const silent = Array.from({ length: 40 }, (_, index) =>
  outcomeOf(`silent${index}.example`, { timeout: index === 0 ? 500 : 8_000 }),
);
await silent[0];
const found: Record<string, string> = {};
for (const host of ['quick.example', 'slow.example', 'missing.example', 'failing.example', 'kept.example', 'short'])
  found[host] = kindOf(await outcomeOf(host, { timeout: 7_000 }));
found.changing = kindOf(await outcomeOf('changing.example', {}, '/on'));
const isSilent = await Promise.race([Promise.all(silent).then(() => false), Promise.resolve(true)]);
const hanging = [...new Set((await Promise.all(silent)).map(kindOf))];
const { asked } = names;
process.stdout.write(
  `${JSON.stringify({ found, isSilent, hanging, asked: asked.filter((name) => !name.startsWith('silent')) })}\n`,
);
if (process.stdout.writableNeedDrain) await once(process.stdout, 'drain');
