import type { Measure, Row, Who } from './rows.ts';

export const names: Readonly<Record<Who, string>> = {
  raw: 'raw ZeroMQ',
  batched: 'raw, batched',
  grpc: 'gRPC',
  nats: 'NATS, bare client',
  signalbox: 'Signalbox',
  keyless: 'Signalbox, no keys',
  json: 'JSON',
  bare: 'Node alone',
  node: '`node -e 0`',
  source: 'Signalbox, source',
  dist: 'Signalbox, built',
  memory: 'memory',
  sqlite: 'SQLite',
  sqliteFull: 'SQLite, `full`',
  postgres: 'PostgreSQL',
  pruning: 'while half goes',
};

const number = (at: number): string => at.toLocaleString('en');

/** What a measure says, of `at` of what it has. */
export const titles: Readonly<Record<Measure, (at: number) => string>> = {
  p50: () => 'one command after another, median',
  p99: () => 'the same, 99 of 100 are faster',
  rate: (at) => `commands per second, ${number(at)} outstanding`,
  cpu: (at) => `processor time of the server for one, ${number(at)} outstanding`,
  broadcast: (at) => `broadcast to ${number(at)} clients, all answers in`,
  memory: (at) => `memory of the server for each of ${number(at)} clients`,
  heartbeats: (at) => `heartbeats of ${number(at)} idle clients, of one processor`,
  gather: (at) => `gather from ${number(at)} clients in ${number(at)} processes`,
  clientIdle: () => 'memory of a client process, idle',
  clientUsed: (at) => `the same after ${number(at)} commands`,
  clientGrowth: () => 'how much that is of idle',
  serverIdle: () => 'memory of a server process, idle',
  serverUsed: (at) => `the same after ${number(at)} commands`,
  serverHistory: () => 'what of it is history',
  serverGrowth: () => 'how much the rest is of idle',
  processes: () => 'an idle client that has run nothing, processes',
  pss: (at) => `its memory (PSS), one of ${number(at)} that share pages`,
  run: () => 'processor time at the client for `run true`',
  codec: (at) => `encode, scan, decode and check a message, ${number(at)} a frame`,
  start: () => '`npm start` to the first command',
  help: () => '`signalbox --help`',
  storeRate: (at) => `commands per second, ${number(at)} outstanding`,
  storeP50: (at) => `time of a command, ${number(at)} outstanding, median`,
  storeP99: (at) => `time of a command, ${number(at)} outstanding, 99 of 100 are faster`,
  storeCpu: (at) => `processor time of the server for one, ${number(at)} outstanding`,
  storeMain: (at) => `of it, the thread that commands, ${number(at)} outstanding`,
  storeThread: (at) => `of it, the thread that writes, ${number(at)} outstanding`,
  lagP99: (at) => `lag of the event loop, ${number(at)} jobs stored, 99 of 100 turns`,
  lagMax: () => 'the same, the longest',
  prunedP50: () => 'time of a command meanwhile, median',
  prunedP99: () => 'the same, 99 of 100 are faster',
  prune: () => 'until half of the jobs are gone',
};

const units: Readonly<Record<Measure, string>> = {
  p50: ' µs',
  p99: ' µs',
  rate: '',
  cpu: ' µs',
  broadcast: ' ms',
  memory: ' KiB',
  heartbeats: ' %',
  gather: ' ms',
  clientIdle: ' MiB',
  clientUsed: ' MiB',
  clientGrowth: '',
  serverIdle: ' MiB',
  serverUsed: ' MiB',
  serverHistory: ' MiB',
  serverGrowth: '',
  processes: '',
  pss: ' MB',
  run: ' ms',
  codec: ' µs',
  start: ' ms',
  help: ' ms',
  storeRate: '',
  storeP50: ' µs',
  storeP99: ' µs',
  storeCpu: ' µs',
  storeMain: ' µs',
  storeThread: ' µs',
  lagP99: ' ms',
  lagMax: ' ms',
  prunedP50: ' µs',
  prunedP99: ' µs',
  prune: ' s',
};

/** Three digits that count. */
export const short = (value: number): string =>
  Number(value.toPrecision(3)).toLocaleString('en', { maximumFractionDigits: 2 });

export const figure = ({ measure, value }: Row): string => `${short(value)}${units[measure]}`;
export const ratio = (value: number): string => `${value.toFixed(value < 10 ? 2 : 1)} ×`;
