import assert from 'node:assert/strict';
import { homedir } from 'node:os';
import { join } from 'node:path';
import type { Output } from '../../lib/grading/nbformat';
import { cleanOutputs, machinePaths, plainText } from '../../lib/grading/outputs';
import { courseRoot } from '../../lib/paths';

const stream = (name: 'stdout' | 'stderr', text: string): Output => ({ output_type: 'stream', name, text });
const display = (data: Record<string, string>): Output => ({
  output_type: 'display_data',
  data,
  metadata: {},
});

describe('cleanOutputs', () => {
  it('saves stderr only where the cell asks for it, and then without stack traces', () => {
    const outputs = [
      stream('stderr', 'Error: no\n    at evalmachine.<anonymous>:1:7\n    at x (/y.js:1:1)\n'),
    ];
    assert.deepEqual(cleanOutputs(outputs), []);
    assert.deepEqual(cleanOutputs(outputs, { keepStderr: true }), [
      { output_type: 'stream', name: 'stderr', text: ['Error: no\n'] },
    ]);
  });

  it("writes the course's folders relative to it", () => {
    const path = join(courseRoot(), 'notebooks', 'x.png');
    const [cleaned] = cleanOutputs([stream('stdout', `saved ${path}\nin ${courseRoot()}\n`)]);
    assert.deepEqual(cleaned, {
      output_type: 'stream',
      name: 'stdout',
      text: ['saved ./notebooks/x.png\n', 'in .\n'],
    });
    assert.deepEqual(cleanOutputs([display({ 'text/html': `<a href="${path}">` })]), [
      { output_type: 'display_data', data: { 'text/html': ['<a href="./notebooks/x.png">'] }, metadata: {} },
    ]);
  });

  it('leaves images and words that only end like a folder as they are', () => {
    const home = homedir().split('/').at(-1);
    const outputs = [display({ 'image/png': 'iVBO/rw0KGgo=' }), display({ 'text/plain': `tree/${home} x` })];
    const [image, text] = cleanOutputs(outputs);
    assert.deepEqual(image, outputs[0]);
    assert.deepEqual(
      text,
      display({ 'text/plain': `tree/${home} x` }) && { ...text, data: { 'text/plain': [`tree/${home} x`] } },
    );
  });
});

describe('plainText', () => {
  it('drops colours and what a carriage return overwrote', () => {
    assert.equal(plainText('\x1b[31mred\x1b[0m\n 10 %\r 20 %\rdone\nend\r\n'), 'red\ndone\nend\n');
  });
});

describe('machinePaths', () => {
  it('finds a path whose first folder exists here, in streams, displays and JSON', () => {
    const path = process.execPath;
    assert.deepEqual(machinePaths([stream('stdout', `node is ${path}\n`)]), [path]);
    assert.deepEqual(machinePaths([display({ 'text/html': `<img src="${path}">` })]), [path]);
    assert.equal(machinePaths([stream('stdout', 'C:\\Users\\me\\x')]).length, 1);
  });

  it('takes addresses, fractions and routes for what they are', () => {
    const text = 'https://host/usr/bin 3/4 GET /v1/models/x:predict ./usr/bin a/usr/bin';
    assert.deepEqual(machinePaths([stream('stdout', text), display({ 'image/png': 'x /usr/bin/x' })]), []);
  });
});
