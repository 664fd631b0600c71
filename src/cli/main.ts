#!/usr/bin/env node
import { reportFailure } from './failure.js';
import { keepHeapSmall } from './memory.js';
import { runProgram } from './program.js';

keepHeapSmall();

// A reader that has seen enough (`mesosim list | head`) is no failure.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  process.exit(error.code === 'EPIPE' ? 0 : reportFailure(error));
});

process.exitCode = await runProgram(process.argv.slice(2));
