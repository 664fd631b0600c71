// Before `npm start`: packages as the lock file has them, and a build no older than the sources.
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, statSync, utimesSync } from 'node:fs';

/** Written by every build; its time is that of the last one that went well. */
const BUILT = 'dist/.tsbuildinfo';

function readJson(path) {
  try {
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch {
    return {};
  }
}

function changedMs(path) {
  return statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0;
}

const { dependencies, devDependencies } = readJson('package.json');
const isBuilt = existsSync('dist/cli/start.js') && changedMs(BUILT) > 0;
const needed = isBuilt ? dependencies : { ...dependencies, typescript: devDependencies.typescript };
const stale = Object.entries(needed).filter(([name, version]) => {
  return readJson(`node_modules/${name}/package.json`).version !== version;
});
if (stale.length > 0) {
  const names = stale.map(([name, version]) => `${name} ${version}`).join(', ');
  process.stderr.write(`npm start: packages are missing or of other versions than this one needs: ${names}\n`);
  process.stderr.write('  hint: npm ci\n');
  process.exit(2);
}

const sources = readdirSync('src', { recursive: true }).map((name) => `src/${name}`);
const newest = Math.max(...[...sources, 'package-lock.json', 'tsconfig.build.json'].map(changedMs));
if (!isBuilt || newest > changedMs(BUILT)) {
  process.stderr.write(isBuilt ? 'Building: the sources are newer than the build.\n' : 'Building, this once.\n');
  try {
    execFileSync('npm', ['run', '--silent', 'build'], { stdio: 'inherit', shell: process.platform === 'win32' });
    // A build that had nothing to do leaves the file as it was.
    utimesSync(BUILT, new Date(), new Date());
  } catch {
    if (existsSync(BUILT)) utimesSync(BUILT, 1, 1);
    process.stderr.write('npm start: the build failed\n  hint: npm ci, then npm run build\n');
    process.exit(1);
  }
}
