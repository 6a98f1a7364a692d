import { styleText } from 'node:util';

type Format = 'bold' | 'dim' | 'underline' | 'red' | 'green' | 'yellow' | 'cyan';

/** Paints text; what it says must be said without colour too. */
export type Style = (format: Format | readonly Format[], text: string) => string;

/** Colour only on terminals that want it (https://no-color.org). */
export function createStyle(enabled: boolean): Style {
  return (format, text) =>
    enabled && text !== '' ? styleText(format as Format, text, { validateStream: false }) : text;
}
