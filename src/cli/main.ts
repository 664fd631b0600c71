#!/usr/bin/env node
import { keepHeapSmall } from './memory.js';
import { runProgram } from './program.js';

keepHeapSmall();

// A reader that has seen enough (`mesosim list | head`) is no failure.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(0);
  throw error;
});

process.exitCode = await runProgram(process.argv.slice(2));
