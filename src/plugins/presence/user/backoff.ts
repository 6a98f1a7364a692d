const firstMs = 500;
const mostMs = 8_000;

/** How long to wait before connecting again: longer each time, and never the same for all. */
export const backoffMs = (failures: number, random: number): number =>
  (0.5 + random) * Math.min(mostMs, firstMs * 2 ** Math.min(failures, 10));
