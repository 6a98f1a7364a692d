/**
 * Characters that JSON does not escape and a terminal obeys, hides or reorders: DEL, C1, line separators, bidirectional
 * controls, the BOM.
 */
const invisible = /[\u007f-\u009f\u2028\u2029\ufeff\p{Bidi_Control}]/gu;

/** Escapes every character of a JSON text that a terminal would obey or hide. The meaning of the JSON is unchanged. */
export function escapeInvisible(json: string): string {
  return json.replace(invisible, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

/** One line of JSON, safe to show on a terminal. */
export function jsonLine(facts: object): string {
  return `${escapeInvisible(JSON.stringify(facts))}\n`;
}
