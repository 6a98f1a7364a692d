// Node alone, which runs `true` this many times, one after another.
import { spawn } from 'node:child_process';
import { once } from 'node:events';

process.once('disconnect', () => process.exit());
process.on('message', async (times) => {
  for (let index = 0; index < Number(times); index += 1) {
    const child = spawn('true', { stdio: ['ignore', 'pipe', 'pipe'] });
    child.stdout.resume();
    child.stderr.resume();
    await once(child, 'close');
  }
  process.send?.('done');
});
