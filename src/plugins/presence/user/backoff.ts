const firstMs = 500;
const mostMs = 8_000;

/** Delay before reconnecting, in ms. It grows with each failure and is randomized, to spread users. */
export const backoffMs = (failures: number, random: number): number =>
  (0.5 + random) * Math.min(mostMs, firstMs * 2 ** Math.min(failures, 10));
