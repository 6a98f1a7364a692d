const maxLength = 128;

/** What a user-id is, for people. */
export const userIdForm = `1 to ${maxLength} printable ASCII characters, without a space at either end`;

const pattern = /^[!-~](?:[ -~]*[!-~])?$/;

export const isUserId = (text: string): boolean => text.length <= maxLength && pattern.test(text);
