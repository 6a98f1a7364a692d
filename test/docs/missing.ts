import { execFileSync } from 'node:child_process';
import { python } from '../api/python-caller.ts';
import { noKafka } from '../support/kafka-broker.ts';
import { noPostgres } from '../support/postgres-cluster.ts';
import type { Block } from './markdown.ts';

const has = (program: string) => {
  try {
    return execFileSync('which', [program]).length > 0;
  } catch {
    return false;
  }
};
const programs = [...['jq', 'curl'].filter((program) => !has(program)), ...(python ? [] : ['python3 with grpc'])];
/** `box` of docs/api.md is a script around curl. */
const uses = ({ text }: Block, program: string) =>
  text.includes(`${program.split(' ', 1)} `) || (program === 'curl' && /\.\/(tls-)?box /.test(text));

/** The services that a page may name by these addresses, and why they are not available here. */
export const kafkaAddress = 'kafka.example:9092';
export const databaseAddress = 'postgres://db.example/signalbox';
const services: readonly (readonly [address: string, why: string | undefined])[] = [
  [kafkaAddress, noKafka],
  [databaseAddress, noPostgres],
];

/** Why a block cannot be run here. Later blocks of a page whose services are missing need them too. */
export function whyNot(block: Block, blocks: readonly Block[]): string | undefined {
  const program = programs.find((one) => uses(block, one));
  if (program !== undefined) return `there is no ${program} here`;
  const soFar = blocks.slice(0, blocks.indexOf(block) + 1);
  return services.find(([address, why]) => why !== undefined && soFar.some(({ text }) => text.includes(address)))?.[1];
}
