import assert from 'node:assert/strict';
import { useBackend } from '../../../lib/backend';
import { attribute, DataType, Graph, ofFloats, UntraceableError } from '../../../lib/training/compile/graph';
import { operationTimes } from '../../../lib/training/compile/profile';

describe('a TensorFlow graph', () => {
  before(async function () {
    const { name } = await useBackend();
    if (name !== 'native') this.skip();
  });

  const float32 = DataType.float32;

  /** c = a . b, twice each: [2, 3] times [3, 2]. */
  function product() {
    const graph = new Graph({ intraOpThreads: 1, interOpThreads: 1 });
    const a = graph.placeholder('a', { shape: [2, 3], dtype: float32 });
    const b = graph.constant(Float32Array.of(1, 0, 0, 1, 1, 1), { shape: [3, 2], dtype: float32 });
    const c = graph.one('MatMul', [a, b], { attributes: ofFloats });
    const feed = { name: a.ref, shape: a.shape, dtype: float32, data: Float32Array.of(1, 2, 3, 4, 5, 6) };
    return { graph, c, feed };
  }

  it('infers shapes while it is built, and computes when it runs', async () => {
    const { graph, c, feed } = product();
    assert.deepEqual(c, { ref: c.ref, shape: [2, 2], dtype: float32 });
    const [result] = await graph.run([feed], [c.ref], []);
    assert.deepEqual([...new Float32Array(result)], [4, 5, 10, 11]);
    const [again] = graph.runSync([{ ...feed, data: new Float32Array(6) }], [c.ref], []);
    assert.deepEqual([...new Float32Array(again)], [0, 0, 0, 0]);
  });

  it('goes on growing after it ran', () => {
    const { graph, c, feed } = product();
    graph.runSync([feed], [c.ref], []);
    const doubled = graph.one('AddN', [c, c], { attributes: [attribute.int('N', 2)] });
    assert.deepEqual([...new Float32Array(graph.runSync([feed], [doubled.ref], [])[0])], [8, 10, 20, 22]);
  });

  it('keeps variables from run to run', () => {
    const graph = new Graph();
    const dtype = attribute.type('dtype', float32);
    const handle = graph.one('VarHandleOp', [], {
      attributes: [dtype, attribute.shape('shape', []), attribute.string('shared_name', 'v')],
    });
    const set = graph.effect('AssignVariableOp', [handle, graph.scalar(5)], { attributes: [dtype] });
    const add = graph.effect('AssignAddVariableOp', [handle, graph.scalar(2)], { attributes: [dtype] });
    const value = graph.one('ReadVariableOp', [handle], { attributes: [dtype] });
    graph.runSync([], [], [set]);
    graph.runSync([], [], [add]);
    graph.runSync([], [], [add]);
    assert.deepEqual([...new Float32Array(graph.runSync([], [value.ref], [])[0])], [9]);
  });

  it('keeps one node for each constant', () => {
    const graph = new Graph();
    assert.equal(graph.scalar(0.5).ref, graph.scalar(0.5).ref);
    assert.notEqual(graph.scalar(0.5).ref, graph.scalar(-0.5).ref);
    assert.notEqual(graph.integers([0, 1]).ref, graph.integers([1, 0]).ref);
  });

  it('says what is wrong with a node, an input or a value', async () => {
    const { graph, c, feed } = product();
    assert.throws(() => graph.one('MatMul', [c, graph.scalar(1)], { attributes: ofFloats }), /rank|Shape/i);
    assert.throws(() => graph.one('NoSuchOp', [c]), /NoSuchOp/);
    assert.throws(() => graph.one('Relu', ['nobody:0']), /no node is called nobody:0/);
    assert.throws(() => graph.placeholder('a', { shape: [], dtype: float32 }), /a node is called a already/);
    assert.throws(
      () => graph.runSync([{ ...feed, data: new Float32Array(5) }], [c.ref], []),
      /expected 6 values, got 5/,
    );
    await assert.rejects(graph.run([], [c.ref], []), /placeholder|feed/i);
    const pick = graph.one('Cast', [c], {
      attributes: [attribute.type('SrcT', float32), attribute.type('DstT', DataType.bool)],
    });
    assert.throws(() => graph.one('Where', [pick]), UntraceableError); // as many rows as there are true values
  });

  it('runs no more once it is closed', async () => {
    const { graph, c, feed } = product();
    const underWay = graph.run([feed], [c.ref], []);
    graph.close();
    assert.equal(new Float32Array((await underWay)[0])[0], 4); // what began ends
    assert.throws(() => graph.runSync([feed], [c.ref], []), /closed/);
  });

  it('tells which operation took how long', () => {
    const { graph, c, feed } = product();
    const times = operationTimes(graph.profile([feed], [c.ref], []));
    const product1 = times.find(({ op }) => /MatMul/.test(op));
    assert.ok(product1, times.map(({ op }) => op).join(' '));
    assert.ok(product1.durationMs >= 0 && product1.durationMs < 1000);
    for (const { startMs, durationMs } of times) assert.ok(startMs >= 0 && durationMs >= 0);
  });
});
