// Loaded when arguments of another process's commands are checked for the first time: zod takes longer than a whole
// `attach -c` without it.
import { isDeepStrictEqual } from 'node:util';
import type { JsonObject } from '@bufbuild/protobuf';
import { z } from 'zod';
import { type CommandContract, controlCommands } from '../../schemas/index.ts';
import { commandMessage } from '../messages/command-message.ts';
import { ownContracts } from './own-contracts.ts';

let known: ReadonlyMap<string, CommandContract> | undefined;

/**
 * What checks the arguments of a command: its contract in this program where that is the same; else what JSON Schema can
 * say of it. The server has the last word.
 */
export function argsOf(name: string, argsSchema: JsonObject): z.ZodObject {
  known ??= new Map([...controlCommands, ...ownContracts()].map((contract) => [contract.name, contract]));
  const own = known.get(name);
  if (own && isDeepStrictEqual(commandMessage(own).argsSchema, argsSchema)) return own.args;
  try {
    const schema = z.fromJSONSchema(argsSchema as z.core.JSONSchema.JSONSchema);
    if (schema instanceof z.ZodObject) return schema;
  } catch {
    // It has something that zod cannot say.
  }
  return z.looseObject({});
}

/** What a result is, as far as JSON Schema can say it. */
export function resultOf(resultSchema: JsonObject): z.ZodType {
  try {
    return z.fromJSONSchema(resultSchema as z.core.JSONSchema.JSONSchema);
  } catch {
    return z.unknown();
  }
}
