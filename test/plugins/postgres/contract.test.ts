import { holdContract } from './hold-contract.ts';

holdContract('as it comes');
