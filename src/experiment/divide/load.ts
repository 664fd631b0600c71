import { InputError } from '../../core/errors.js';
import { checked } from '../../scenario/explain.js';
import { type Path, readDocument, readText } from '../../scenario/text-document.js';
import { buildProblem, type DivideProblem } from './problem.js';
import { problemSchema } from './schema.js';

/** Reads a problem file (JSON; YAML is read too). Every mistake is an InputError with file:line:column and the path within. */
export function loadProblem(file: string): DivideProblem {
  return parseProblem(readText(file, 'problem'), file);
}

const DIALECT = {
  whole: 'the problem',
  unknownKey: 'E_PROBLEM',
  missingKey: 'E_PROBLEM',
  wrongValue: 'E_PROBLEM',
  nameOf: (path: Path) => `${pathText(path)}:`,
};

/** The same for text that is already there. */
export function parseProblem(text: string, file: string): DivideProblem {
  const written = readDocument(text, file, 'E_JSON');
  return buildProblem(checked(problemSchema, written, DIALECT), (path, rule, hint = '') => {
    const label = path.length === 0 ? rule : `${pathText(path)}: ${rule}`;
    return new InputError('E_PROBLEM', label, written.places.ofValue(path), hint);
  });
}

/** `users[1].demand.cpus`. */
function pathText(path: Path): string {
  return path
    .map((key, index) => (typeof key === 'number' ? `[${key}]` : index === 0 ? String(key) : `.${String(key)}`))
    .join('');
}
