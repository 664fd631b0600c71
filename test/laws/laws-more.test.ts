import { registerLaws } from './support/register.js';

registerLaws(1, 2);
