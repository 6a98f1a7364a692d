// Loaded when arguments of a remote command are checked for the first time, because loading zod takes longer than a
// whole
// `attach -c` without it.
import { isDeepStrictEqual } from 'node:util';
import type { JsonObject } from '@bufbuild/protobuf';
import { z } from 'zod';
import { type CommandContract, controlCommands } from '../../schemas/index.ts';
import { commandMessage } from '../messages/command-message.ts';
import { ownContracts } from './own-contracts.ts';

let known: ReadonlyMap<string, CommandContract> | undefined;

/**
 * The schema for the arguments of a command: that of its contract in this program if it is the same; otherwise as far
 * as JSON Schema can express it. The server checks them again.
 */
export function argsOf(name: string, argsSchema: JsonObject): z.ZodObject {
  known ??= new Map([...controlCommands, ...ownContracts()].map((contract) => [contract.name, contract]));
  const own = known.get(name);
  if (own && isDeepStrictEqual(commandMessage(own).argsSchema, argsSchema)) return own.args;
  try {
    const schema = z.fromJSONSchema(argsSchema as z.core.JSONSchema.JSONSchema);
    if (schema instanceof z.ZodObject) return schema;
  } catch {
    // It uses something that zod does not support.
  }
  return z.looseObject({});
}

/** The schema of a result, as far as JSON Schema can express it. */
export function resultOf(resultSchema: JsonObject): z.ZodType {
  try {
    return z.fromJSONSchema(resultSchema as z.core.JSONSchema.JSONSchema);
  } catch {
    return z.unknown();
  }
}
