import { z } from 'zod';
import { defineCommand } from './command.ts';

/** The states of a client, as an operator sees them. `terminated` is never seen on the wire: the client is gone. */
export const clientStateSchema = z.enum(['unready', 'ready', 'terminating']);
export type ClientState = z.infer<typeof clientStateSchema>;

const noArgs = z.strictObject({});
const stateResult = z.strictObject({
  state: clientStateSchema,
  /** False where the client was in that state already. */
  changed: z.boolean(),
});

const describe = ({ state, changed }: z.output<typeof stateResult>) => `${changed ? 'now' : 'already'} ${state}`;

export const start = defineCommand({
  name: 'start',
  kind: 'control',
  summary: 'Make the client ready: from now on it takes data commands.',
  args: noArgs,
  result: stateResult,
  describe,
  example: 'start',
});

export const stop = defineCommand({
  name: 'stop',
  kind: 'control',
  summary: 'Make the client unready: running jobs finish, no new ones are taken.',
  args: noArgs,
  result: stateResult,
  describe,
  example: 'stop',
});

export const terminate = defineCommand({
  name: 'terminate',
  kind: 'control',
  summary: 'Cancel the jobs of the client, report them, and end the client.',
  args: noArgs,
  result: stateResult,
  describe,
  example: 'terminate',
  endsClient: true,
});

export const controlCommands = [start, stop, terminate] as const;
