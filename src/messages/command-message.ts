import { create, type JsonObject } from '@bufbuild/protobuf';
import { z } from 'zod';
import { type Command, CommandSchema } from '../../schemas/api/signalbox/v1/server_pb.js';
import type { CommandContract } from '../../schemas/index.ts';

/** Converts a contract; its zod schemas become JSON Schema. */
export function commandMessage(contract: CommandContract): Command {
  const { name, kind, summary, example, args, result, records, standing } = contract;
  return create(CommandSchema, {
    ...{ name, kind, summary, example },
    argsSchema: jsonSchemaOf(args, 'input'),
    argNames: Object.keys(args.shape),
    resultSchema: jsonSchemaOf(result, 'output'),
    ...(records && { recordsSchema: jsonSchemaOf(records, 'output') }),
    measuresLatency: contract.measuresLatency ?? false,
    runsCode: contract.runsCode ?? false,
    endsClient: contract.endsClient ?? false,
    takesSignals: contract.takesSignals ?? false,
    standing: standing !== undefined,
    recoverable: contract.recoverable ?? false,
  });
}

/** The form of bytes in JSON; see `values.ts`. */
const bytes = {
  type: 'object',
  properties: { $base64: { type: 'string', contentEncoding: 'base64' } },
  required: ['$base64'],
  additionalProperties: false,
};

/** Parts of a zod type that JSON Schema cannot express are left open; the server checks them. */
function jsonSchemaOf(type: z.ZodType, io: 'input' | 'output'): JsonObject {
  const schema = z.toJSONSchema(type, {
    io,
    unrepresentable: 'any',
    override: ({ zodSchema, jsonSchema }) => {
      if (zodSchema instanceof z.ZodCustom && zodSchema.safeParse(new Uint8Array(1)).success)
        Object.assign(jsonSchema, bytes);
    },
  });
  const { '~standard': _, ...json } = schema as Record<string, unknown>;
  return JSON.parse(JSON.stringify(json));
}
