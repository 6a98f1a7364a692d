#!/usr/bin/env node
// The command `signalbox` that npm installs. An old Node fails on the rest with obscure errors, so it is imported only
// after this check, which is written in the syntax of Node 12.

// biome-ignore lint/style/useNodejsImportProtocol: Node before 12.20 does not know it.
import { isatty } from 'tty';

// The same as program/debugger-off.ts, but earlier.
process.on('SIGUSR1', () => {});
// The same as main.ts, whose modules take a while to load: after `nohup signalbox client &` the terminal may close at once.
if (![0, 1, 2].some((fd) => isatty(fd))) process.on('SIGHUP', () => {});

const [major = 0] = process.versions.node.split('.').map(Number);
if (major >= 24) {
  void import('./main.ts');
} else {
  const found = `this is Node ${process.versions.node} (${process.execPath})`;
  process.stderr.write(
    `signalbox: ${found}; Node 24.15 or newer is required. Install it from https://nodejs.org/en/download, or run: npm install node@24\n`,
  );
  process.exitCode = 1;
}
