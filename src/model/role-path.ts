/** Non-empty components without `.`, `..` and `*` (src/common/roles.cpp validate); `*` alone is the default role. */
export function isRolePath(path: string): boolean {
  if (path === '*') return true;
  return path.split('/').every((part) => /^[^\s/*\\-][^\s/*\\]*$/.test(part) && part !== '.' && part !== '..');
}
