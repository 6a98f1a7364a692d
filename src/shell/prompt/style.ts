import { styleText } from 'node:util';

type Format = 'bold' | 'dim' | 'underline' | 'red' | 'green' | 'yellow' | 'cyan';

/** Formats text; its meaning must not depend on colour. */
export type Style = (format: Format | readonly Format[], text: string) => string;

/** @param enabled false for output without colour (https://no-color.org). */
export function createStyle(enabled: boolean): Style {
  return (format, text) =>
    enabled && text !== '' ? styleText(format as Format, text, { validateStream: false }) : text;
}
