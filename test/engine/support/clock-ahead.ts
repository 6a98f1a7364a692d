// Imported by a client whose machine has a clock that is CLOCK_AHEAD_MS ahead.
import { setClock } from '../../faults/shifted-clock.ts';

setClock(Number(process.env.CLOCK_AHEAD_MS));
