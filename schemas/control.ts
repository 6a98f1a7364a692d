import { z } from 'zod';
import { defineCommand } from './command.ts';

/** The states of a client as an operator sees them. A terminated client is disconnected, so `terminated` has no word. */
export const clientStateSchema = z.enum(['unready', 'ready', 'terminating']);
/** The state of a client: `unready`, `ready` or `terminating`. */
export type ClientState = z.infer<typeof clientStateSchema>;

const noArgs = z.strictObject({});
const stateResult = z.strictObject({
  state: clientStateSchema,
  /** False if the client was already in that state. */
  changed: z.boolean(),
});

const describe = ({ state, changed }: z.output<typeof stateResult>) => `${changed ? 'now' : 'already'} ${state}`;

/** Makes a client ready: it accepts data commands. */
export const start = defineCommand({
  name: 'start',
  kind: 'control',
  summary: 'Make the client ready: it accepts data commands from now on.',
  args: noArgs,
  result: stateResult,
  describe,
  example: 'start',
});

/** Makes a client unready: running jobs finish and data commands are rejected. */
export const stop = defineCommand({
  name: 'stop',
  kind: 'control',
  summary: 'Make the client unready: running jobs finish, new ones are rejected.',
  args: noArgs,
  result: stateResult,
  describe,
  example: 'stop',
});

/** Ends a client: its jobs are cancelled and their outcomes reported first. */
export const terminate = defineCommand({
  name: 'terminate',
  kind: 'control',
  summary: 'Cancel the jobs of the client, report their outcomes, and end the client.',
  args: noArgs,
  result: stateResult,
  describe,
  example: 'terminate',
  endsClient: true,
});

/** The commands that change the state of a client. Every client has them. */
export const controlCommands = [start, stop, terminate] as const;
