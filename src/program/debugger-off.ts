import { close, url } from 'node:inspector';

// SIGUSR1 makes Node listen for a debugger, through which every user of the machine could run code here. A listener
// replaces that without changing the signal for child processes. The effect of an earlier signal is undone.
process.on('SIGUSR1', () => {});

const isAskedFor = [...process.execArgv, process.env.NODE_OPTIONS ?? ''].some((text) => text.includes('--inspect'));

function closeDebugger(): void {
  if (!isAskedFor && url() !== undefined) close();
}

closeDebugger();
// Another thread opens it shortly after the signal.
setImmediate(closeDebugger);
