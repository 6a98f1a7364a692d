const invisible = /[\p{Cc}\p{Cs}\p{Bidi_Control}\ufeff[\p{Z}--[ ]]]/gv;

/** The text with everything that a terminal would obey or hide shown as an escape. */
export function printable(text: string): string {
  return text.replace(invisible, (char) => {
    const hex = char.charCodeAt(0).toString(16);
    return hex.length > 2 ? `\\u${hex.padStart(4, '0')}` : `\\x${hex.padStart(2, '0')}`;
  });
}
