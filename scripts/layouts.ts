/** The position of each field of a message on the wire, from its schema and its layout. */
import { z } from 'zod';
import * as schemas from '../schemas/index.ts';

export type Side = 'client' | 'server';

export interface PlacedField {
  readonly name: string;
  readonly schema: z.ZodType;
  /** Its element of the array; optional fields share the last one, a map. */
  readonly at: number;
  readonly required: boolean;
  /** The numbers of its words, if they are sent as numbers. */
  readonly words: Readonly<Record<string, number>> | undefined;
}

export interface PlacedMessage {
  readonly type: string;
  readonly schema: z.ZodObject;
  /** Undefined if it is sent as a map. */
  readonly code: number | undefined;
  readonly fields: readonly PlacedField[];
}

/** All messages from one side: the maps of the handshake, then the arrays by code. */
export function messagesFrom(side: Side): PlacedMessage[] {
  const [handshake, positional, layouts] =
    side === 'client'
      ? [[schemas.helloSchema], schemas.clientMessages, schemas.clientLayouts]
      : [[schemas.welcomeSchema, schemas.refusedSchema], schemas.serverMessages, schemas.serverLayouts];
  const byType = new Map<string, z.ZodObject>(Object.entries(positional));
  const maps = handshake.map((schema) => ({ type: schema.shape.type.value, schema, code: undefined, fields: [] }));
  const arrays = Object.entries<schemas.Layout>(layouts).map(([type, layout]) => {
    const schema = byType.get(type) ?? z.object();
    return { type, schema, code: layout.code, fields: placed(schema, layout) };
  });
  return [...maps, ...arrays];
}

function placed({ shape }: z.ZodObject, { required }: schemas.Layout): PlacedField[] {
  const optional = Object.keys(shape).filter((name) => name !== 'type' && !required.includes(name));
  const field = (name: string, at: number, isRequired: boolean): PlacedField[] => {
    const schema = shape[name];
    if (!(schema instanceof z.ZodType)) return [];
    return [{ name, schema, at, required: isRequired, words: isRequired ? wordsOf(schema) : undefined }];
  };
  return [
    ...required.flatMap((name, index) => field(name, index + 1, true)),
    ...optional.flatMap((name) => field(name, required.length + 1, false)),
  ];
}

function wordsOf(schema: z.ZodType): Readonly<Record<string, number>> | undefined {
  if (!(schema instanceof z.ZodEnum)) return undefined;
  const options = schema.options.join();
  return Object.values(schemas.wordNumbers).find((words) => Object.keys(words).join() === options);
}
