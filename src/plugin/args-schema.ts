import type { z } from 'zod';
import type { CommandContract } from '../../schemas/index.ts';

export type JsonSchema = z.core.JSONSchema.JSONSchema;

const known = new WeakMap<CommandContract, JsonSchema>();

/** The arguments of a command as JSON Schema, as a caller gives them. */
export function argsSchemaOf(contract: CommandContract): JsonSchema {
  let schema = known.get(contract);
  if (!schema) {
    schema = contract.args.toJSONSchema({ io: 'input', unrepresentable: 'any' }) as JsonSchema;
    known.set(contract, schema);
  }
  return schema;
}

/** Sets the schema of a contract that came as JSON Schema, so that zod is loaded only where arguments are checked. */
export function knownArgsSchema(contract: CommandContract, schema: JsonSchema): void {
  known.set(contract, schema);
}
