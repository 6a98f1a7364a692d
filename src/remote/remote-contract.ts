import { createRequire } from 'node:module';
import type { JsonObject } from '@bufbuild/protobuf';
import type { Command as CommandMessage } from '../../schemas/api/signalbox/v1/server_pb.js';
import type { CommandContract } from '../../schemas/index.ts';
import { type JsonSchema, knownArgsSchema } from '../plugin/args-schema.ts';

type CheckedArgs = typeof import('./checked-args.ts');

const load = createRequire(import.meta.url);

/** The contracts of a server's commands, by name. zod is loaded when arguments are checked for the first time. */
export function contractsOf(messages: readonly CommandMessage[]): ReadonlyMap<string, CommandContract> {
  return new Map(messages.map((message) => [message.name, contractOf(message)]));
}

function contractOf(message: CommandMessage): CommandContract {
  const { name, kind, summary, example, argsSchema = {}, resultSchema = {}, argNames } = message;
  const { measuresLatency, runsCode, endsClient, takesSignals, standing, recoverable } = message;
  const schema = inOrder(argsSchema, argNames);
  let [args, result]: [CommandContract['args']?, CommandContract['result']?] = [];
  const contract: CommandContract = {
    ...{ name, summary, example, measuresLatency, runsCode, endsClient, takesSignals },
    kind: kind === 'control' ? 'control' : 'data',
    ...(standing && { standing }),
    ...(recoverable && { recoverable }),
    get args() {
      args ??= checkedArgs().argsOf(name, schema);
      return args;
    },
    // The server has validated every result that it sends.
    get result() {
      result ??= checkedArgs().resultOf(resultSchema);
      return result;
    },
  };
  knownArgsSchema(contract, schema as JsonSchema);
  return contract;
}

/** Restores the order in which fields are typed, because maps of protobuf have no order. */
function inOrder(schema: JsonObject, names: readonly string[]): JsonObject {
  const { properties } = schema;
  if (typeof properties !== 'object' || properties === null || Array.isArray(properties)) return schema;
  const ordered = names.flatMap((name) => (name in properties ? [[name, properties[name] ?? null] as const] : []));
  return { ...schema, properties: Object.fromEntries(ordered) };
}

/** Synchronous, because the shell checks a line before it awaits anything. */
function checkedArgs(): CheckedArgs {
  const [, extension = '.js'] = /(\.[jt]s)$/.exec(import.meta.url) ?? [];
  return load(`./checked-args${extension}`) as CheckedArgs;
}
