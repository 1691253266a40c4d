import { escapeHtml } from '../../figures/html';
import type { TestGrade } from '../grades';
import type { Entry, Gradebook } from './gradebook';
import { plainLine, plainText } from './plain-text';

/**
 * A class as JUnit XML, a suite for each student and chapter, for whoever keeps tests in a CI system. It names hidden tests:
 * for instructors.
 */
export function junitXml({ entries }: Gradebook): string {
  const suites = entries.map(suite);
  return `<?xml version="1.0" encoding="UTF-8"?>\n<testsuites name="course grade">\n${suites.join('')}</testsuites>\n`;
}

function suite({ student, chapter, questions, status }: Entry): string {
  const tests = questions.flatMap((question) => question.tests.map((test) => ({ question, test })));
  const count = (kinds: readonly string[]) => tests.filter(({ test }) => kinds.includes(kindOf(test))).length;
  const attributes = attributesOf({
    name: `${chapter.name} ${student.id}`,
    tests: String(tests.length),
    failures: String(count(['failure'])),
    errors: String(count(['error'])),
    skipped: '0',
  });
  const cases = tests.map(({ question, test }) => {
    const classname = `${chapter.name}.${question.id}`;
    const head = attributesOf({ classname, name: test.hidden ? `${test.title} (hidden)` : test.title });
    const kind = kindOf(test);
    if (kind === 'passed') return `    <testcase ${head}/>\n`;
    const message = test.message ?? test.outcome;
    const failure = attributesOf({ type: test.outcome, message: plainLine(message) });
    return `    <testcase ${head}><${kind} ${failure}>${escapeHtml(plainText(message))}</${kind}></testcase>\n`;
  });
  const note = tests.length === 0 ? `    <system-out>${escapeHtml(status)}</system-out>\n` : '';
  return `  <testsuite ${attributes}>\n${cases.join('')}${note}  </testsuite>\n`;
}

/** JUnit's difference: a failure is a test that says no, an error one that could not be run to its end. */
function kindOf({ outcome }: TestGrade): 'passed' | 'failure' | 'error' {
  if (outcome === 'passed') return 'passed';
  return outcome === 'wrong value' || outcome === 'not implemented' ? 'failure' : 'error';
}

function attributesOf(values: Readonly<Record<string, string>>): string {
  return Object.entries(values)
    .map(([name, value]) => `${name}="${escapeHtml(plainLine(value))}"`)
    .join(' ');
}
