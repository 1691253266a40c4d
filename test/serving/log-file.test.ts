import assert from 'node:assert/strict';
import { logTo } from '../../lib/serving/log-file';

describe('logTo', () => {
  it('goes on without what a full disk does not take, and tells how much that was', () => {
    const written: string[] = [];
    let full = false;
    const write = (fd: number, text: string): number => {
      assert.equal(fd, 7);
      if (full) throw Object.assign(new Error('no space left on device'), { code: 'ENOSPC' });
      written.push(text);
      return text.length;
    };
    const log = logTo(7, { write });
    log.write('one\n');
    full = true;
    for (const line of ['two\n', 'three\n', 'four\n']) log.write(line);
    full = false;
    log.write('five\n');
    log.write('six\n');
    assert.deepEqual([written[0], ...written.slice(2)], ['one\n', 'five\n', 'six\n']);
    const { lost, level, msg } = JSON.parse(written[1]);
    assert.deepEqual([lost, level, msg], [3, 40, 'lines of this log are missing']);
  });
});
