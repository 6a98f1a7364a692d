import type { Size } from './scrolled-rows.ts';

/** The current size of the screen. @param onGone called when the terminal is gone. */
export function sizeOf(screen: NodeJS.WriteStream, onGone: () => void): Size {
  // Node updates the size on a signal. A frame drawn before it, for the old size, would leave rows behind. Node has no
  // public function to query the size.
  try {
    (screen as { _refreshSize?: () => void })._refreshSize?.();
  } catch {
    onGone();
  }
  const { columns, rows } = screen;
  return { columns: columns || 80, rows: rows || 24 };
}
