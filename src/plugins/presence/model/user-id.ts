const maxLength = 128;

/** The form of a user-id, for messages. */
export const userIdForm = `1 to ${maxLength} printable ASCII characters, without a space at either end`;

const pattern = /^[!-~](?:[ -~]*[!-~])?$/;

export const isUserId = (text: string): boolean => text.length <= maxLength && pattern.test(text);
