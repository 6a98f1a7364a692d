/**
 * How long a stopped process stays stopped. `OUTAGE_SECONDS=60 npm run test:faults -- faults/postgres` is the long
 * form.
 */
export const outageMs = Number(process.env.OUTAGE_SECONDS ?? 3) * 1_000;

/** Whether processes have the time to notice by themselves. */
export const isLong = outageMs >= 45_000;

/** How often it ends under load. `ROUNDS=50` for more. */
export const rounds = Number(process.env.ROUNDS ?? 4);
