import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { useBackend } from '../../lib/backend';
import { buildProgram } from '../../lib/cli/main';
import {
  type Classifier,
  describeNetwork,
  exportFormats,
  loadClassifier,
  type Network,
  saveClassifier,
} from '../../lib/interchange';
import { outlineOf } from '../../lib/interchange/network-outline';
import { torchTensors, toTorch } from '../../lib/interchange/torch-layout';
import { buildRegularized } from '../../lib/models';
import { encodeSafetensors, type NamedArray } from '../../lib/safetensors';

describe('npx course export and import', function () {
  this.timeout(120_000);
  const workingFolder = process.cwd();
  let folder: string;
  let classifier: Classifier;

  /** Runs a command line in this process; the answer is what it prints. */
  async function course(...args: readonly string[]): Promise<string> {
    const printed: string[] = [];
    const program = buildProgram(args[0]);
    for (const command of [program, ...program.commands])
      command.exitOverride().configureOutput({ writeErr: () => undefined }); // commander would end the process
    const { log } = console;
    console.log = (line: string) => printed.push(line);
    try {
      await program.parseAsync(['node', 'course', ...args]);
    } finally {
      console.log = log;
    }
    return printed.join('\n');
  }

  before(async () => {
    await useBackend();
    folder = mkdtempSync(join(tmpdir(), 'export-'));
    classifier = {
      model: buildRegularized({ inputShape: [8, 8, 1], numClasses: 3, filters: [2, 2, 2, 2] }),
      normalization: { kind: 'standardize', mean: [0.25], std: [0.5] },
      classNames: ['cat', 'dog', 'ship'],
      training: { seed: 7 },
    };
    await saveClassifier(classifier, join(folder, 'run-1', 'model'));
  });

  beforeEach(() => process.chdir(folder));

  after(() => {
    process.chdir(workingFolder);
    rmSync(folder, { recursive: true });
  });

  it('write a run in every format, named like the run, and say where, how large and how to load it', async () => {
    for (const format of exportFormats) {
      const printed = await course('export', 'run-1', '--to', format);
      const [, path] = /^run-1 -> (run-1[-.]\w+), [\d,]+ kB$/m.exec(printed) ?? [];
      assert.ok(statSync(path), printed);
      assert.match(printed, new RegExp(`^load it with: .*"${path}"`, 'm'));
    }
    assert.deepEqual(readdirSync(folder).sort(), [
      ...['run-1', 'run-1-savedmodel', 'run-1-tfjs', 'run-1.h5', 'run-1.keras', 'run-1.onnx'],
      'run-1.safetensors',
    ]);
  });

  it('print JSON when asked', async () => {
    const printed = await course('export', 'run-1', '--to', 'onnx', '--out', 'net.onnx', '--json');
    const bytes = statSync('net.onnx').size;
    const load = 'onnxruntime.InferenceSession("net.onnx")';
    assert.deepEqual(JSON.parse(printed), { source: 'run-1', path: 'net.onnx', format: 'onnx', bytes, load });
  });

  it('read a file back as a model that the other commands take', async () => {
    await course('export', 'run-1', '--to', 'keras', '--out', 'net.keras');
    const printed = await course('import', 'net.keras');
    assert.match(printed, /^net\.keras -> net: \d+ weights, images of 8 x 8 x 1$/m);
    assert.match(printed, /^classes: cat, dog, ship$/m);
    const { model, ...facts } = await loadClassifier('net');
    assert.equal(model.countParams(), classifier.model.countParams());
    assert.deepEqual(facts, {
      ...{ classNames: classifier.classNames, normalization: classifier.normalization },
      training: { seed: 7, importedFrom: 'net.keras' },
    });
  });

  it('take class names and normalization from the command line, and a network for weights alone', async () => {
    const { model } = classifier;
    const weights = torchState(await describeNetwork(model));
    writeFileSync('net.safetensors', encodeSafetensors({ tensors: weights })); // as PyTorch saves a state_dict
    await assert.rejects(course('import', 'net.safetensors'), /not the network that they belong to/);
    const like = await course('import', 'net.safetensors', '--like', 'run-1', '--out', 'like', '--json');
    assert.deepEqual(JSON.parse(like).classNames, classifier.classNames);
    assert.deepEqual(JSON.parse(like).normalization, classifier.normalization);
    const told = ['--classes', 'a, b,c', '--normalization', 'symmetric', '--out', 'told', '--json'];
    const printed = JSON.parse(await course('import', 'net.safetensors', '--like', 'run-1', ...told));
    assert.deepEqual(printed.classNames, ['a', 'b', 'c']);
    assert.deepEqual(printed.normalization, { kind: 'standardize', mean: [0.5], std: [0.5] });
    assert.deepEqual(printed.shape, [8, 8, 1]);
  });

  it('answer mistakes in one sentence', async () => {
    const named = ['--classes', 'a,b,c', '--shape'];
    const mistakes: [string[], RegExp][] = [
      [
        ['export', 'run-1', '--to', 'caffe'],
        /Allowed choices are tfjs, savedmodel, keras, h5, onnx, safetensors/,
      ],
      [['export', 'run-1'], /required option '--to <format>' not specified/],
      [['export', 'run-9', '--to', 'keras'], /run-9.model\.json: there is no model here/],
      [['export', 'run-1', '--to', 'keras', '--out', 'no/where.keras'], /where\.keras: cannot be written: /],
      [['import', 'missing.h5'], /missing\.h5: there is no such file/],
      [['import', 'run-1/model/weights.bin'], /weights\.bin: not a model that can be read here/],
      [['import', 'x', '--model', 'resnet'], /--model: how many outputs it has is not known; add --classes/],
      [['import', 'x', '--model', 'baseline', ...named, '8x8x1'], /--model baseline --shape 8x8x1: /],
      [
        ['import', 'x', '--model', 'nothing', ...named, '32x32x3'],
        /unknown model nothing; expected one of: /,
      ],
      [['import', 'x', '--shape', '8x8'], /expected height x width x channels/],
    ];
    for (const [args, sentence] of mistakes) await assert.rejects(course(...args), sentence);
  });
});

/** The weights as a PyTorch module would save them. */
function torchState(network: Network) {
  const tensors = torchTensors(outlineOf(network)).flatMap((ofLayer, i) =>
    ofLayer.map((tensor): [string, NamedArray] => {
      const { data } = network.layers[i].weights[tensor.weight];
      return [tensor.name, { shape: tensor.shape, data: toTorch(data, tensor) }];
    }),
  );
  return Object.fromEntries(tensors);
}
