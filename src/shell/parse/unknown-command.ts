import { nearest } from '../../nearest.ts';
import { ShellError, type Span, shorten } from '../shell-error.ts';

const leave = 'type exit, or Ctrl-D at a prompt';
const look = 'type clients to list clients, jobs to list jobs';
const explain = 'type help, or help COMMAND';
const end = 'type cancel JOB to cancel a job, signal JOB TERM to send it a signal';
const versions = 'type clients for the versions of clients; signalbox --version shows that of this program';
const containers = 'start server and clients with --plugin signalbox/container';
const checks = 'start server and clients with --plugin signalbox/check';
const earlier = 'at a prompt, Up and Ctrl-R recall earlier lines';

/** Commands of other programs, and their equivalents here. */
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
  clear: 'at a prompt, Ctrl-L clears the screen',
  cls: 'at a prompt, Ctrl-L clears the screen',
  log: 'type logs JOB',
  output: 'type logs JOB',
  tail: 'type logs -f JOB',
  watch: 'type logs -f JOB; a prompt shows running jobs above its input line',
  fg: 'type wait JOB, or logs -f JOB',
  bg: 'every command of a prompt runs in the background',
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
  stats: 'start this program with --plugin signalbox/container',
  check: checks,
  checks,
  curl: checks,
};

/** Programs whose work the container plug-in does. */
const engines = new Set(['docker', 'podman', 'nerdctl']);

/** Creates an `unknown_command` error with a suggestion. */
export function unknownCommand(name: string, known: Iterable<string>, at?: Span): ShellError {
  const message = `there is no command '${shorten(name)}'`;
  return new ShellError('unknown_command', message, { at, hint: hintFor(name, known) });
}

function hintFor(name: string, known: Iterable<string>): string {
  if (/^--?[a-z]/.test(name)) return `options follow the command: COMMAND ${shorten(name)}`;
  // Other programs prefix their commands: :q, /quit, .exit.
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
    ? `help lists the commands; to start a program on clients: run ${shorten(name)}`
    : 'help lists the commands';
}
