import type { Measure, Row, Who } from './rows.ts';

export const names: Readonly<Record<Who, string>> = {
  raw: 'raw ZeroMQ',
  batched: 'raw, batched',
  grpc: 'gRPC',
  signalbox: 'Signalbox',
  keyless: 'Signalbox, no keys',
  json: 'JSON',
  node: '`node -e 0`',
  source: 'Signalbox, source',
  dist: 'Signalbox, built',
};

const number = (at: number): string => at.toLocaleString('en');

/** What a measure says, of `at` of what it has. */
export const titles: Readonly<Record<Measure, (at: number) => string>> = {
  p50: () => 'one command after another, median',
  p99: () => 'the same, 99 of 100 are faster',
  rate: (at) => `commands per second, ${number(at)} outstanding`,
  cpu: (at) => `processor time of the server for one, ${number(at)} outstanding`,
  gather: (at) => `broadcast to ${number(at)} clients, all answers in`,
  idle: (at) => `heartbeats of ${number(at)} idle clients, of one processor`,
  memory: (at) => `memory of the server for each of ${number(at)} clients`,
  codec: (at) => `encode, scan, decode and check a message, ${number(at)} a frame`,
  start: () => '`npm start` to the first command',
  help: () => '`signalbox --help`',
};

const units: Readonly<Record<Measure, string>> = {
  p50: ' µs',
  p99: ' µs',
  rate: '',
  cpu: ' µs',
  gather: ' ms',
  idle: ' %',
  memory: ' KiB',
  codec: ' µs',
  start: ' ms',
  help: ' ms',
};

/** Three digits that count. */
const short = (value: number): string =>
  Number(value.toPrecision(3)).toLocaleString('en', { maximumFractionDigits: 2 });

export const figure = ({ measure, value }: Row): string => `${short(value)}${units[measure]}`;
export const ratio = (value: number): string => `${value.toFixed(value < 10 ? 2 : 1)} ×`;
