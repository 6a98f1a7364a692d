// Makes docs/session.svg in a real terminal (tmux): a backup on three machines, whose server is killed and started again.
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { ChildProgram, main } from '../test/support/program.ts';
import { Screen } from '../test/support/tmux.ts';
import { ansiToSvg } from './ansi-to-svg.ts';

const [columns, rows] = [100, 32];
const machines = ['db-1', 'web-1', 'web-2'];
const endpoint = 'tcp://127.0.0.1:5555';
const start = `signalbox server --keys keys --bind tcp://0.0.0.0:5555`;
const work = `run --as backup sh -c 'tar -C /usr -czf backup.tgz share/locale && du -h backup.tgz'`;

await using ends = new AsyncDisposableStack();
const place = mkdtempSync(join(tmpdir(), 'signalbox-session-'));
ends.defer(() => rmSync(place, { recursive: true, force: true, maxRetries: 5 }));
const bin = join(place, 'bin');
mkdirSync(bin);
const program = join(bin, 'signalbox');
writeFileSync(program, `#!/bin/sh\nexec ${process.execPath} ${main} "$@"\n`);
chmodSync(program, 0o755);
writeFileSync(join(place, 'bashrc'), `PATH=${bin}:$PATH\nPS1='$ '\ncd ${place}\nclear\n`);

const screen = ends.use(
  await Screen.with(['bash', '--noprofile', '--rcfile', join(place, 'bashrc')], { columns, rows }),
);
await screen.until(/^\$/m);
await screen.type(`signalbox keys init && signalbox keys add ${machines.join(' ')}; clear`);
await screen.keys('Enter');
await screen.until(/^\$ *$/m);
for (const name of machines) {
  const folder = join(place, name);
  mkdirSync(folder);
  const client = `${program} client --connect ${endpoint} --credentials ../keys/credentials/${name}.json --allow run --ready`;
  ends.use(new ChildProgram('sh', ['-c', `cd ${folder} && exec ${client} --state state`]));
}

await screen.type(start);
await screen.keys('Enter');
await screen.until(/3\/3 ready/);
await screen.type(work);
await screen.keys('Enter');
await screen.until(/3 jobs/);
await setTimeout(2_000);
await screen.keys('C-z');
await screen.until(/Stopped/);
// bash reports the death before its next prompt only if it has seen it by then.
await screen.type('kill -9 %1; sleep 1');
await screen.keys('Enter');
await screen.until(/Killed/);
await screen.type(start);
await screen.keys('Enter');
const isOver = /1 run {2}completed(.*\n)*.*3\/3 ready(?! · \d)/;
// The backup may take longer than a screen is waited for.
await screen.until(isOver).catch(() => screen.until(isOver));
await setTimeout(1_000);
writeFileSync('docs/session.svg', ansiToSvg(await screen.rows({ colours: true }), columns));
