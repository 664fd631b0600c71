// Preloaded into a process: tells its CPU microseconds and its peak of memory in KiB on standard error when it ends.
const { writeSync } = require('node:fs');

process.on('exit', () => {
  const { user, system } = process.cpuUsage();
  writeSync(2, `\nCPU ${user + system}\nPEAK ${process.resourceUsage().maxRSS}\n`);
});
