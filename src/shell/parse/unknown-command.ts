import { nearest } from '../../nearest.ts';
import { ShellError, type Span, shorten } from '../shell-error.ts';

const leave = 'type exit, or Ctrl-D at a prompt';
const look = 'type clients for the clients, jobs for the jobs';
const explain = 'type help, or help COMMAND';
const end = 'type cancel JOB to end a job, signal JOB TERM to send it a signal';
const versions = 'type clients for the versions of the clients; signalbox --version is that of the program';
const containers = 'start server and clients with --plugin signalbox/container';
const checks = 'start server and clients with --plugin signalbox/check';
const earlier = 'at a prompt Up and Ctrl-R bring back earlier lines';

/** Words of other programs, and what does the same here. */
const elsewhere: Readonly<Record<string, string>> = {
  quit: leave,
  q: leave,
  bye: leave,
  logout: leave,
  close: leave,
  leave,
  '?': explain,
  h: explain,
  man: explain,
  commands: explain,
  ls: `${look}; to list files of a client: run ls`,
  list: look,
  status: look,
  show: look,
  who: look,
  info: look,
  ps: 'type jobs; for the processes of a client: run ps',
  top: 'type jobs; for the processes of a client: run ps',
  kill: end,
  abort: end,
  end,
  version: versions,
  ver: versions,
  history: earlier,
  clear: 'at a prompt Ctrl-L clears the screen',
  cls: 'at a prompt Ctrl-L clears the screen',
  log: 'type logs JOB',
  output: 'type logs JOB',
  tail: 'type logs -f JOB',
  watch: 'type logs -f JOB; running jobs stand above the line of a prompt',
  fg: 'type wait JOB, or logs -f JOB',
  bg: 'nothing waits for what is sent: it runs beside the prompt',
  target: 'type use TARGET, or @TARGET before a command',
  select: 'type use TARGET, or @TARGET before a command',
  cd: 'there is no shell on the clients: run --cwd DIR PROGRAM',
  export: 'there is no shell on the clients: run --env NAME=VALUE PROGRAM',
  exec: 'type run PROGRAM',
  shutdown: 'type terminate to end clients, exit to leave',
  kick: 'type terminate to end clients',
  disconnect: 'type terminate to end clients',
  load: 'type source FILE',
  container: containers,
  containers,
  images: containers,
  pull: containers,
  'remove-image': containers,
  stats: containers,
  check: checks,
  checks,
  curl: checks,
};

/** Programs that a plug-in stands for. */
const engines = new Set(['docker', 'podman', 'nerdctl']);

/** `unknown_command`, with what was probably meant. */
export function unknownCommand(name: string, known: Iterable<string>, at?: Span): ShellError {
  const message = `there is no command '${shorten(name)}'`;
  return new ShellError('unknown_command', message, { at, hint: hintFor(name, known) });
}

function hintFor(name: string, known: Iterable<string>): string {
  if (/^--?[a-z]/.test(name)) return `options stand behind the command: COMMAND ${shorten(name)}`;
  // As other programs write their own: :q, /quit, .exit.
  const plain = name.toLowerCase().replace(/^[:/.\\](?=.)/, '');
  const all = [...known];
  if (all.includes(plain)) return `type ${plain}`;
  if (engines.has(plain)) {
    const typed = 'type container IMAGE; images and containers list what the engine has';
    return `${name}: ${all.includes('container') ? '' : `${containers}, then `}${typed}`;
  }
  const same = Object.hasOwn(elsewhere, plain) ? elsewhere[plain] : undefined;
  if (same !== undefined) return `${name}: ${same}`;
  const close = nearest(name, all);
  if (close !== undefined) return `did you mean ${close}?`;
  return all.includes('run')
    ? `help lists the commands; if it is a program of the clients: run ${shorten(name)}`
    : 'help lists the commands';
}
