import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bfloat16Instructions } from '../../lib/backend';

describe('bfloat16Instructions', () => {
  const folder = mkdtempSync(join(tmpdir(), 'course-'));
  after(() => rmSync(folder, { recursive: true }));

  const found = (text: string) => {
    const file = join(folder, 'cpuinfo');
    writeFileSync(file, text);
    return bfloat16Instructions(file);
  };

  it('finds them among the flags, the faster ones first', () => {
    assert.equal(found('model name\t: A\nflags\t\t: fpu avx512f avx512_bf16 sse\n'), 'avx512_bf16');
    assert.equal(found('flags\t\t: avx512_bf16 amx_tile amx_bf16\nflags\t\t: fpu\n'), 'amx_bf16');
  });

  it('says where there are none, and where nobody knows', () => {
    assert.equal(found('flags\t\t: fpu avx2 not_avx512_bf16_but_like_it\n'), 'none');
    assert.equal(found('Features\t: fp asimd bf16\n'), undefined);
    assert.equal(bfloat16Instructions(join(folder, 'missing')), undefined);
  });
});
