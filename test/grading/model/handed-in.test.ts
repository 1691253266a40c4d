import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import {
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  bytesOf,
  copyModel,
  modelHash,
  modelIn,
  modelLimits,
  modelsBeside,
} from '../../../lib/grading/model/handed-in';

describe('models beside a notebook', () => {
  let place: string;
  const notebook = () => join(place, '04-baseline-cnn.ipynb');
  const put = (name: string, content: string) => {
    const folder = join(place, 'models', 'q4.6');
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, name), content);
    return join(folder, name);
  };
  beforeEach(() => {
    place = mkdtempSync(join(tmpdir(), 'handed-in-'));
  });
  afterEach(() => rmSync(place, { recursive: true }));

  it('are found by their questions, with their files', () => {
    put('model.json', '{}');
    put('.DS_Store', 'left behind');
    mkdirSync(join(place, 'models', 'other things'));
    const [model, ...others] = modelsBeside(notebook());
    assert.deepEqual(others, []);
    assert.deepEqual(model, {
      question: 'q4.6',
      files: [{ name: 'model.json', path: join(place, 'models', 'q4.6', 'model.json'), bytes: 2 }],
    });
    assert.equal(bytesOf(model), 2);
  });

  it('are none where there are none', () => assert.deepEqual(modelsBeside(notebook()), []));

  it('differ in their hash where a byte or a name does', () => {
    const hashes = new Set<string>();
    const hash = () => hashes.add(modelHash(modelsBeside(notebook())));
    put('model.json', 'a');
    hash();
    hash();
    assert.equal(hashes.size, 1);
    put('model.json', 'b');
    hash();
    rmSync(join(place, 'models', 'q4.6', 'model.json'));
    put('model.keras', 'b');
    hash();
    assert.equal(hashes.size, 3);
  });

  it('are copied byte by byte', async () => {
    put('model.json', 'layers');
    const [model] = modelsBeside(notebook());
    assert.equal(await copyModel(model, join(place, 'copy')), undefined);
    assert.equal(readFileSync(join(place, 'copy', 'model.json'), 'utf8'), 'layers');
  });

  it('are not copied where a file became a link, or grew', async () => {
    const file = put('model.json', 'layers');
    const [model] = modelsBeside(notebook());
    writeFileSync(file, 'more layers');
    assert.match((await copyModel(model, join(place, 'copy'))) ?? '', /has 11 bytes, at most 6 are read/);
    rmSync(file);
    symlinkSync('/etc/passwd', file);
    assert.equal(await copyModel(model, join(place, 'copy')), '"model.json" is a link');
  });

  describe('are refused', () => {
    const problem = () => modelsBeside(notebook())[0];

    it('for a link', () => {
      put('model.json', '{}');
      symlinkSync('/etc/passwd', join(place, 'models', 'q4.6', 'weights.bin'));
      assert.deepEqual(problem(), {
        question: 'q4.6',
        files: [],
        problem: 'models/q4.6: "weights.bin" is no plain file',
      });
    });
    it('for a pipe, which would be waited for', () => {
      put('model.json', '{}');
      execFileSync('mkfifo', [join(place, 'models', 'q4.6', 'weights.bin')]);
      assert.match(problem().problem ?? '', /"weights\.bin" is no plain file/);
    });
    it('for too many bytes, unread', () => {
      truncateSync(put('weights.bin', ''), modelLimits.bytes + 1);
      assert.match(problem().problem ?? '', /has 200000001 bytes, at most 200000000 are read/);
    });
    it('for too many files', () => {
      for (let i = 0; i <= modelLimits.files; i++) put(`${i}`, '');
      assert.match(problem().problem ?? '', /has 9 files, at most 8 are read/);
    });
    it('for a file in place of the folder', () => {
      mkdirSync(join(place, 'models'));
      writeFileSync(join(place, 'models', 'q4.6'), '');
      assert.match(problem().problem ?? '', /is a link or a file, not a folder/);
    });
    it('for nothing at all', () => {
      assert.equal(modelIn(join(place, 'models', 'q4.6'), 'q4.6').problem, 'there is no models/q4.6');
    });
  });
});
