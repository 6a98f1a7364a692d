// Opens this many watches at the socket of a server, until it is asked for the results of each.
import { request } from 'node:http';

const [socketPath = '', count = ''] = process.argv.slice(2);
const watchers = Array.from({ length: Number(count) }, () => ({ seqs: [] as number[], rest: '' }));

/** Each line is a message. */
function take(watcher: (typeof watchers)[number], chunk: string): void {
  const lines = `${watcher.rest}${chunk}`.split('\n');
  watcher.rest = lines.pop() ?? '';
  for (const line of lines) for (const [, seq] of line.matchAll(/"seq":"(\d+)"/g)) watcher.seqs.push(Number(seq));
}

for (const watcher of watchers) {
  const call = request({
    ...{ socketPath, method: 'POST', path: '/signalbox.v1.EventService/Watch' },
    headers: { 'content-type': 'application/json' },
  });
  call.end('{}');
  await new Promise<void>((resolve) =>
    call.once('response', (response) => {
      response.setEncoding('utf8').on('data', (chunk: string) => {
        take(watcher, chunk);
        resolve();
      });
    }),
  );
}
process.send?.('watching');
process.on('message', (last: number) => {
  const isDone = () => watchers.every(({ seqs }) => (seqs.at(-1) ?? 0) >= last);
  const look = setInterval(() => {
    if (!isDone()) return;
    clearInterval(look);
    process.send?.(watchers.map(({ seqs }) => ({ count: seqs.length, first: seqs[0], last: seqs.at(-1) })));
  }, 10);
});
