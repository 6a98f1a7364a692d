// Makes docs/prompt.svg from the real prompt in a real terminal (tmux).
import { writeFileSync } from 'node:fs';
import { setTimeout } from 'node:timers/promises';
import { Screen } from '../test/support/tmux.ts';
import { ansiToSvg } from './ansi-to-svg.ts';

const [columns, rows] = [96, 26];
await using screen = await Screen.open(['--spawn', '3'], { columns, rows });
await screen.until(/0\/3 ready/);
await screen.keys('start', 'Enter');
await screen.until(/1 start {2}completed/);
await screen.keys('ping', 'Enter');
await screen.until(/2 ping {2}completed/);
await screen.keys('@w1 calculate 1 "hello box"', 'Enter');
await screen.until(/3 calculate {2}completed/);
await screen.keys('@w1,w2 calculate 9 "the long one"; @w3 calculate 5 "a short one"', 'Enter');
await screen.until(/3 jobs/);
await setTimeout(2_000);
await screen.type('@w3 calculate 2.5 ');
await screen.until(/‹MESSAGE›/);

const shown = (await screen.rows({ colours: true })).map((row) =>
  row.replace(/ipc:\S+/, 'ipc:///tmp/signalbox-x/server.sock'),
);
writeFileSync('docs/prompt.svg', ansiToSvg(shown, columns));
