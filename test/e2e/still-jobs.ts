// The prompt's frame with jobs that do not change, on the terminal of this program. It is drawn once and at each new
// size; each key prints a line. Nothing else is written, so nothing is in transit when the screen changes.
import { createSink } from '../../src/host/host.ts';
import type { JobView } from '../../src/index.ts';
import { liveRows } from '../../src/shell/prompt/live-rows.ts';
import { sizeOf } from '../../src/shell/prompt/screen-size.ts';
import { createStyle } from '../../src/shell/prompt/style.ts';
import { Terminal } from '../../src/shell/prompt/terminal.ts';
import { viewOf } from '../../src/shell/prompt/view.ts';

const [count = '1', line = ''] = process.argv.slice(2);
const { stdin, stdout } = process;
const style = createStyle(true);
const size = () => sizeOf(stdout, () => process.exit(1));
const terminal = new Terminal(createSink(1), size);
const jobs = Array.from({ length: Number(count) }, (_, at) => ({
  ...{ id: 'boot.2', number: 2, client: `w${at + 1}`, command: 'calculate', kind: 'data', args: {}, state: 'accepted' },
  ...{ outcome: undefined, durationMs: 12_345, progress: { fraction: 0.37, note: undefined } },
})) as unknown as JobView[];

function draw(): void {
  const { columns, rows } = size();
  const state = {
    ...{ line, cursor: line.length, ghost: '', hint: {}, menu: undefined, search: undefined, target: '' },
    status: { ready: jobs.length, online: jobs.length, running: jobs.length, insecure: false },
    ...{ isWaiting: false, waitsFor: undefined },
  };
  const live = (room: number) => liveRows(jobs, { lastLine: () => undefined, columns, rows: room, style });
  terminal.show(viewOf(state, live, { columns, rows }, style));
}

stdin.setRawMode(true);
stdin.on('data', (keys) => {
  for (const key of String(keys)) void terminal.write(`${key} was pressed\n`);
});
stdout.on('resize', draw);
draw();
