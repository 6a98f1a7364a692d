#!/usr/bin/env node
// What npm installs as `signalbox`. On an old Node the rest breaks in words that help nobody, so it is imported only
// after this look, which is written as Node 12 reads it.

// biome-ignore lint/style/useNodejsImportProtocol: Node before 12.20 does not know it.
import { isatty } from 'tty';

// As in program/debugger-off.ts, and sooner.
process.on('SIGUSR1', () => {});
// As in main.ts, whose modules take a while to load: `nohup signalbox client &`, and the terminal closes at once.
if (![0, 1, 2].some((fd) => isatty(fd))) process.on('SIGHUP', () => {});

const [major = 0] = process.versions.node.split('.').map(Number);
if (major >= 24) {
  void import('./main.ts');
} else {
  const found = `this is Node ${process.versions.node} (${process.execPath})`;
  process.stderr.write(
    `signalbox: ${found}; it needs Node 24.15 or newer. Install that: https://nodejs.org/en/download\n`,
  );
  process.exitCode = 1;
}
