import type { Size } from './scrolled-rows.ts';

/** How large the screen is now. @param onGone called when the terminal has gone. */
export function sizeOf(screen: NodeJS.WriteStream, onGone: () => void): Size {
  // Node hears of another size by a signal. A frame that was drawn before that, for the old one, would leave rows
  // behind. Node has no public name for asking.
  try {
    (screen as { _refreshSize?: () => void })._refreshSize?.();
  } catch {
    onGone();
  }
  const { columns, rows } = screen;
  return { columns: columns || 80, rows: rows || 24 };
}
