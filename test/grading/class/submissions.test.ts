import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, symlinkSync, truncateSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type FindOptions, findNotebooksOf, findSubmissions } from '../../../lib/grading/class/submissions';
import { makeMiniCourse } from '../../helpers/mini-course';
import { makeFolder, notebookText } from './fakes';

describe('findSubmissions', () => {
  const notebook = notebookText({ 'q9.1': 'function nameOf() {}' });
  let course: ReturnType<typeof makeMiniCourse>;
  let made: ReturnType<typeof makeFolder>[] = [];
  before(() => {
    course = makeMiniCourse();
  });
  after(() => course.remove());
  afterEach(() => {
    for (const { remove } of made) remove();
    made = [];
  });

  const make = (files: Readonly<Record<string, string>>) => {
    const folder = makeFolder(files);
    made.push(folder);
    return folder.folder;
  };
  const find = (folder: string, options: FindOptions = {}) => {
    const { submissions, problems } = findSubmissions(folder, { root: course.root, ...options });
    const list = submissions.map(({ student, chapter, path }) => [
      student,
      chapter,
      path.slice(folder.length + 1),
    ]);
    return { list, submissions, problems };
  };

  it("reads nbgrader's folders, from submitted/ on or from the students on", () => {
    const files = {
      'ben/ps1/09-counting.ipynb': notebook,
      'ana/ps1/09-counting.ipynb': notebook,
      'ana/ps1/timestamp.txt': '2026-10-01 21:30:05.123456 UTC',
    };
    const inside = Object.fromEntries(
      Object.entries(files).map(([path, text]) => [`submitted/${path}`, text]),
    );
    for (const [folder, prefix] of [
      [make(files), ''],
      [make({ ...inside, 'source/ps1/09-counting.ipynb': notebook }), 'submitted/'],
    ]) {
      const { list, submissions, problems } = find(folder);
      assert.deepEqual(list, [
        ['ana', '09-counting', `${prefix}ana/ps1/09-counting.ipynb`],
        ['ben', '09-counting', `${prefix}ben/ps1/09-counting.ipynb`],
      ]);
      assert.equal(submissions[0].timestamp?.toISOString(), '2026-10-01T21:30:05.123Z');
      assert.equal(submissions[1].timestamp, undefined);
      assert.deepEqual(problems, []);
    }
  });

  it('reads folders of students, folders of chapters, and flat files', () => {
    const folder = make({
      'ana/09-counting.ipynb': notebook,
      '09-counting/ben.ipynb': notebook,
      'cleo.ipynb': notebook,
      '09-counting_dan.ipynb': notebook,
      'Eve O. - 09-counting (2).ipynb': notebook,
      '.ipynb_checkpoints/x.ipynb': notebook,
      'ana/.ipynb_checkpoints/09-counting-checkpoint.ipynb': notebook,
      '__MACOSX/._ana.ipynb': notebook,
      'roster.csv': 'student_id\n',
    });
    const { list, problems } = find(folder);
    assert.deepEqual(
      list.map(([student]) => student),
      ['Eve O', 'ana', 'ben', 'cleo', 'dan'],
    );
    assert.deepEqual(problems, []);
  });

  it('asks whose a notebook is that names a chapter only', () => {
    const { list, problems } = find(make({ '09-counting.ipynb': notebook }));
    assert.deepEqual(list, []);
    assert.match(problems[0], /^09-counting\.ipynb: whose is it\?/);
  });

  it('believes the questions of a notebook rather than its name', () => {
    const other = 'solutions/08-other.ts';
    const two = makeMiniCourse({ [other]: '// %% [markdown]\n// # 8 Other\n' });
    const { submissions } = findSubmissions(make({ 'ana/08-other.ipynb': notebook }), { root: two.root });
    two.remove();
    assert.equal(submissions[0].chapter, '09-counting');
    assert.match(submissions[0].notes[0], /named after 08-other but holds the questions of 09-counting/);
  });

  it('takes what is no notebook by its name, and by the chapter asked for', () => {
    const folder = make({ 'ana/09-counting.ipynb': 'not JSON', 'ben/homework.ipynb': '' });
    assert.deepEqual(find(folder).list, [['ana', '09-counting', 'ana/09-counting.ipynb']]);
    assert.match(find(folder).problems[0], /^ben\/homework\.ipynb: no question of any chapter/);
    assert.equal(find(folder, { chapter: '09-counting' }).list.length, 2);
  });

  it('grades one of several notebooks, and names the others', () => {
    const files = {
      'ana/09-counting-Copy1.ipynb': notebook,
      'ana/09-counting.ipynb': notebook,
      'ana/a.ipynb': notebook,
      'ben/first/09-counting.ipynb': notebook,
      'ben/first/timestamp.txt': '2026-10-02 10:00:00 UTC',
      'ben/second/x.ipynb': notebook,
      'ben/second/timestamp.txt': '2026-10-02 11:00:00 UTC',
    };
    const { list, submissions } = find(make(files));
    assert.deepEqual(
      list.map(([, , path]) => path),
      ['ana/09-counting.ipynb', 'ben/second/x.ipynb'],
    );
    assert.deepEqual(submissions[0].notes, [
      'graded is ana/09-counting.ipynb; there is ana/09-counting-Copy1.ipynb, ana/a.ipynb too',
    ]);
  });

  it('follows no link, and waits for no pipe', () => {
    const secret = make({ 'secret.ipynb': notebook, 'folder/09-counting.ipynb': notebook });
    const folder = make({ 'ana/notes.txt': '' });
    symlinkSync(join(secret, 'secret.ipynb'), join(folder, 'ana', '09-counting.ipynb'));
    symlinkSync(join(secret, 'folder'), join(folder, 'ben'));
    execFileSync('mkfifo', [join(folder, 'ana', 'pipe.ipynb'), join(folder, 'ana', 'timestamp.txt')]);
    const { list, problems } = find(folder);
    assert.deepEqual(list, []);
    assert.deepEqual([...problems].sort(), [
      'ana/09-counting.ipynb: a link, not followed',
      'ben: a link, not followed',
    ]);
  });

  it('refuses a file that is too large without reading it', () => {
    const folder = make({ 'ana/09-counting.ipynb': '' });
    truncateSync(join(folder, 'ana', '09-counting.ipynb'), 5e9);
    const { submissions } = find(folder);
    assert.equal(submissions[0].refused, 'is too large: 5000.0 MB, at most 20.0 MB');
  });

  it('takes the date of a file only when told to', () => {
    const folder = make({ 'ana.ipynb': notebook });
    utimesSync(join(folder, 'ana.ipynb'), 1e9, 1e9);
    assert.equal(find(folder).submissions[0].timestamp, undefined);
    const { timestamp } = find(folder, { dateFromFile: true }).submissions[0];
    assert.equal(timestamp?.toISOString(), '2001-09-09T01:46:40.000Z');
  });

  it('notes a timestamp that is none', () => {
    const folder = make({ 'ana/09-counting.ipynb': notebook, 'ana/timestamp.txt': 'soon\u001b[2J' });
    const [{ timestamp, notes }] = find(folder).submissions;
    assert.equal(timestamp, undefined);
    assert.match(notes[0], /expected a time such as .* got "soon\ufffd\[2J"; not counted as late/);
  });

  it('looks for one student, passes over its own results, and has the same order on each machine', () => {
    const folder = make({ 'Zoe.ipynb': notebook, 'ana.ipynb': notebook, 'grades/x.ipynb': notebook });
    assert.deepEqual(
      find(folder, { skip: [join(folder, 'grades')] }).list.map(([student]) => student),
      ['Zoe', 'ana'],
    );
    assert.deepEqual(
      find(folder, { student: 'ana' }).list.map(([student]) => student),
      ['ana'],
    );
  });

  it('takes hostile names as they are', () => {
    const folder = make({});
    const student = '<script>alert(1)</script>\n=1';
    mkdirSync(join(folder, student.replaceAll('/', ':')));
    writeFileSync(join(folder, student.replaceAll('/', ':'), '09-counting.ipynb'), notebook);
    assert.equal(find(folder).list[0][0], student.replaceAll('/', ':'));
  });

  it('says that there is no such folder', () => {
    assert.throws(() => find('/nowhere/at/all'), /^CourseError: no folder \/nowhere/);
  });

  it('finds the notebooks of one student by folder or file', () => {
    const folder = make({ 'x.ipynb': notebook, 'more/y.ipynb': 'not JSON' });
    const { submissions, problems } = findNotebooksOf(folder, { root: course.root });
    assert.deepEqual(
      submissions.map(({ path }) => path),
      [join(folder, 'x.ipynb')],
    );
    assert.equal(problems.length, 1);
    assert.equal(findNotebooksOf(join(folder, 'x.ipynb'), { root: course.root }).submissions.length, 1);
  });
});
