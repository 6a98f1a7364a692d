import { cutText } from '../../schemas/cut-text.ts';

const maxReasonBytes = 300;

/** Why an attempt failed, in one line. Channels pass on text of programs and servers. */
export const reasonOf = (error: unknown): string =>
  oneLine(error instanceof Error ? error.message : String(error), maxReasonBytes);

/** The text without control characters, cut to a number of bytes. */
export const oneLine = (text: string, maxBytes: number): string =>
  cutText(text.replaceAll(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, ' ').trim(), maxBytes);
