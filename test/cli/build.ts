import { execSync } from 'node:child_process';

/** The program is tested as a process: build it once before. */
export default function setup(): void {
  execSync('npm run --silent build', { stdio: 'inherit' });
}
