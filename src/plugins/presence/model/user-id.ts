import { presenceLimits } from './limits.ts';

/** What a user-id is, for people. */
export const userIdForm = `1 to ${presenceLimits.maxUserIdLength} printable ASCII characters, without a space at either end`;

const pattern = /^[!-~](?:[ -~]*[!-~])?$/;

export const isUserId = (text: string): boolean => text.length <= presenceLimits.maxUserIdLength && pattern.test(text);
