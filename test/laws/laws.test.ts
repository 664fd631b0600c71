import { registerLaws } from './support/register.js';

registerLaws(0, 2);
