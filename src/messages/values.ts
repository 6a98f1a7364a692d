import { fromJson, type JsonObject, type JsonValue, toJson } from '@bufbuild/protobuf';
import { type Value, ValueSchema } from '@bufbuild/protobuf/wkt';
import { SignalboxError } from '../../schemas/errors.ts';

/**
 * An object whose only key is this one represents bytes. If another single key begins with `$`, it is escaped with a
 * second `$`.
 */
const bytesKey = '$base64';
const base64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}(?:==)?|[A-Za-z0-9+/]{3}=?)?$/;

/** Converts a value of Signalbox, which is JSON or bytes, to JSON. */
export function jsonOf(value: unknown): JsonValue {
  if (typeof value === 'string') return value.toWellFormed();
  if (typeof value === 'boolean') return value;
  if (typeof value === 'number') return Number.isFinite(value) ? value : null;
  if (typeof value !== 'object' || value === null) return null;
  if (value instanceof Uint8Array) return { [bytesKey]: Buffer.from(value).toString('base64') };
  return Array.isArray(value) ? value.map(jsonOf) : jsonObjectOf(value);
}

/** Converts an object that is not bytes. Undefined fields are omitted. */
export function jsonObjectOf(value: object): JsonObject {
  const fields = Object.entries(value).filter(([, field]) => field !== undefined);
  const prefix = fields.length === 1 && fields[0]?.[0].startsWith('$') ? '$' : '';
  return Object.fromEntries(fields.map(([key, field]) => [`${prefix}${key}`, jsonOf(field)]));
}

/**
 * The inverse of `jsonOf`.
 * @throws SignalboxError `bad_arguments` for an object with a single unknown key that begins with `$`.
 */
export function plainOf(json: JsonValue): unknown {
  if (typeof json !== 'object' || json === null) return json;
  if (Array.isArray(json)) return json.map(plainOf);
  const [first, ...others] = Object.entries(json);
  if (first?.[0].startsWith('$') && others.length === 0) return taggedOf(...first);
  return Object.fromEntries(Object.entries(json).map(([key, field]) => [key, plainOf(field)]));
}

/** The inverse of `jsonObjectOf`. @throws SignalboxError `bad_arguments` */
export function fieldsOf(json: JsonObject): Record<string, unknown> {
  const value = plainOf(json);
  if (value instanceof Uint8Array) throw new SignalboxError('bad_arguments', 'arguments must be an object, not bytes');
  return value as Record<string, unknown>;
}

export const valueMessageOf = (value: unknown): Value => fromJson(ValueSchema, jsonOf(value));

/** @throws SignalboxError `bad_arguments` */
export const plainOfMessage = (message: Value): unknown => plainOf(toJson(ValueSchema, message));

function taggedOf(key: string, json: JsonValue): unknown {
  if (key.startsWith('$$')) return { [key.slice(1)]: plainOf(json) };
  if (key === bytesKey && typeof json === 'string' && base64.test(json))
    return new Uint8Array(Buffer.from(json, 'base64'));
  const hint = key === bytesKey ? 'its value is bytes in base64' : `write {"$${key}": …} for an object with that key`;
  throw new SignalboxError('bad_arguments', `{"${key}": …} cannot be read: ${hint}`);
}
