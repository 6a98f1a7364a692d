/**
 * Writes schemas/messages.schema.json: each message as it is sent, in JSON in place of msgpack.
 *
 *   node scripts/messages-schema.ts           rewrites the file
 *   node scripts/messages-schema.ts --check   exits with 1 if it is not up to date
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { z } from 'zod';
import * as schemas from '../schemas/index.ts';

import { messagesFrom, type PlacedField, type PlacedMessage, type Side } from './layouts.ts';

type JsonSchema = z.core.JSONSchema.JSONSchema;

const { maxOutputChunkBytes, maxBatchMessages, maxLabels } = schemas.limits;

/** Includes the rules of frames that JSON Schema cannot express. */
const description = `Messages of protocol ${schemas.protocolVersion} as they are sent, in JSON in place of msgpack; schemas/README.md explains them. Bytes (bin) are {"$bytes": HEX}. "maxBytes" is a length in bytes of UTF-8, which JSON Schema cannot check. Receivers ignore array elements after those listed, and fields that are not listed. Not expressed here: the rules for bytes, and that a frame may contain unknown messages, which are ignored.`;

const shared = new Map<z.core.$ZodType, string>([
  [schemas.bootIdSchema, 'bootId'],
  [schemas.clientNameSchema, 'clientName'],
  [schemas.commandNameSchema, 'commandName'],
  [schemas.messageIdSchema, 'jobId'],
  [schemas.traceparentSchema, 'traceparent'],
  [schemas.wireErrorSchema, 'error'],
  [schemas.labelsSchema, 'labels'],
  [schemas.factsSchema, 'facts'],
]);

const bytes: JsonSchema = {
  type: 'object',
  properties: { $bytes: { type: 'string', pattern: '^([0-9a-f]{2})+$', maxLength: 2 * maxOutputChunkBytes } },
  required: ['$bytes'],
  additionalProperties: false,
};

/** @param root is written out itself; schemas that it shares with others become references. */
function jsonSchemaOf(root: z.core.$ZodType): JsonSchema {
  const schema = z.toJSONSchema(root, {
    // The view of a receiver: other fields are ignored.
    io: 'input',
    unrepresentable: 'any',
    override: ({ zodSchema, jsonSchema }) => {
      const name = shared.get(zodSchema);
      if (zodSchema !== root && name) replace(jsonSchema, { $ref: `#/$defs/${name}` });
      else if (zodSchema._zod.def.type === 'custom') replace(jsonSchema, { $ref: '#/$defs/bytes' });
      else Object.assign(jsonSchema, refinement(zodSchema, jsonSchema));
    },
  });
  const { $schema: _, ...rest } = schema;
  return rest;
}

/** The part of a function check of zod that JSON Schema can express. */
function refinement(schema: z.core.$ZodType, { pattern = '', maxBytes }: JsonSchema): JsonSchema {
  if (schema === schemas.clientNameSchema)
    return { pattern: pattern.replace('^', `^(?!(?:${schemas.reservedNames.join('|')})$)`) };
  if (schema === schemas.labelsSchema || schema === schemas.factsSchema) return { maxProperties: maxLabels };
  // A character has at least one byte.
  return typeof maxBytes === 'number' ? { maxLength: maxBytes } : {};
}

function replace(schema: JsonSchema, by: JsonSchema): void {
  for (const key of Object.keys(schema)) delete schema[key];
  Object.assign(schema, by);
}

function reference(schema: z.core.$ZodType): JsonSchema {
  const name = shared.get(schema);
  return name === undefined ? jsonSchemaOf(schema) : { $ref: `#/$defs/${name}` };
}

function messageSchema({ type, schema, code, fields }: PlacedMessage): JsonSchema {
  if (code === undefined) return jsonSchemaOf(schema);
  const rules = new Map<string, schemas.FieldRules>(Object.entries(schemas.fieldRules)).get(type);
  if (!rules) return { title: type, ...arraySchema(code, fields) };
  const cases = Object.entries(rules.words).map(([word, rule]) => ({
    title: `${type} ${word}`,
    ...arraySchema(code, fields, { of: rules.of, word, rule }),
  }));
  return { title: type, anyOf: cases };
}

/** @param only restricts the schema to messages with this word. */
function arraySchema(
  code: number,
  fields: readonly PlacedField[],
  only?: { of: string; word: string; rule: schemas.FieldRule },
): JsonSchema {
  const { always = [], never = [], errorCode } = only?.rule ?? {};
  const optional = fields.filter((field) => !field.required && !never.includes(field.name));
  const elements = fields
    .filter((field) => field.required)
    .map((field) => ({
      title: field.name,
      ...(field.name === only?.of ? { const: field.words?.[only.word] ?? only.word } : elementSchema(field)),
    }));
  const properties = {
    ...Object.fromEntries(optional.map((field) => [field.name, reference(field.schema)])),
    ...(errorCode && { error: { allOf: [reference(schemas.wireErrorSchema), withCode(errorCode)] } }),
    ...Object.fromEntries(never.map((name) => [name, false])),
  };
  const rest = {
    title: 'optional fields',
    type: 'object' as const,
    properties,
    ...(always.length > 0 && { required: [...always] }),
  };
  return {
    type: 'array',
    prefixItems: [{ title: 'code', const: code }, ...elements, ...(Object.keys(properties).length > 0 ? [rest] : [])],
    minItems: 1 + elements.length + (always.length > 0 ? 1 : 0),
  };
}

const withCode = (code: schemas.ErrorCode): JsonSchema => ({ type: 'object', properties: { code: { const: code } } });

function elementSchema({ schema, words }: PlacedField): JsonSchema {
  if (!words) return reference(schema);
  return { anyOf: Object.entries(words).map(([title, value]) => ({ title, const: value })) };
}

function sideSchemas(side: Side): Record<string, JsonSchema> {
  const messages = messagesFrom(side);
  const any = { anyOf: messages.map(({ type }) => ({ $ref: `#/$defs/${type}` })) };
  return {
    [`from-${side}`]: { description: `a frame from a ${side}`, type: 'array', maxItems: maxBatchMessages, items: any },
    ...Object.fromEntries(messages.map((message) => [message.type, messageSchema(message)])),
  };
}

/** The whole document. */
export function messagesJsonSchema(): JsonSchema {
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    title: `Signalbox protocol ${schemas.protocolVersion}`,
    description,
    anyOf: [{ $ref: '#/$defs/from-client' }, { $ref: '#/$defs/from-server' }],
    $defs: {
      ...sideSchemas('client'),
      ...sideSchemas('server'),
      ...Object.fromEntries([...shared].map(([schema, name]) => [name, jsonSchemaOf(schema)])),
      bytes,
    },
  };
}

if (import.meta.main) {
  const file = new URL('../schemas/messages.schema.json', import.meta.url);
  const text = `${JSON.stringify(messagesJsonSchema(), null, 2)}\n`;
  if (!process.argv.includes('--check')) writeFileSync(file, text);
  else if (readFileSync(file, 'utf8') !== text) {
    process.stderr.write('schemas/messages.schema.json is stale; run: npm run generate\n');
    process.exitCode = 1;
  }
}
