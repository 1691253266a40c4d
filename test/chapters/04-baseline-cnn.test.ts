import assert from 'node:assert/strict';
import * as tf from '@tensorflow/tfjs';
import type { ImageDataset } from '../../lib/data';
import { assertClose } from '../../lib/grading/assertions';
import { modelTests, publishedImages } from '../../lib/grading/model';
import { hidden, question } from '../../lib/grading/questions';

question<{
  outputSize: (input: number, kernel: number, stride: number, padding: 'valid' | 'same') => number;
}>(
  'q4.1',
  (answers) => {
    it('loses kernel - 1 columns without padding', () => {
      assert.equal(answers().outputSize(32, 3, 1, 'valid'), 30);
      assert.equal(answers().outputSize(28, 5, 1, 'valid'), 24);
    });
    it('keeps the width with padding and stride 1', () => {
      assert.equal(answers().outputSize(32, 3, 1, 'same'), 32);
    });
    hidden(() => {
      it('leaves out a window that does not fit whole', () => {
        assert.equal(answers().outputSize(32, 3, 2, 'valid'), 15);
        assert.equal(answers().outputSize(15, 2, 2, 'valid'), 7);
      });
      it('rounds up with padding', () => {
        assert.equal(answers().outputSize(15, 3, 2, 'same'), 8);
        assert.equal(answers().outputSize(32, 5, 3, 'same'), 11);
      });
    });
  },
  {
    wrongAnswers: [
      {
        name: 'ignores the stride',
        code: `function outputSize(input: number, kernel: number, stride: number, padding: string) {
          return padding === 'same' ? input : input - kernel + 1;
        }`,
        fails: 'leaves out a window that does not fit whole',
      },
      {
        name: 'rounds down with padding',
        code: `function outputSize(input: number, kernel: number, stride: number, padding: string) {
          return padding === 'same' ? Math.floor(input / stride) : Math.floor((input - kernel) / stride) + 1;
        }`,
        fails: 'rounds up with padding',
      },
      {
        name: 'forgets the first place of the window',
        code: `function outputSize(input: number, kernel: number, stride: number, padding: string) {
          return padding === 'same' ? Math.ceil(input / stride) : Math.floor((input - kernel) / stride);
        }`,
        fails: 'loses kernel - 1 columns without padding',
      },
    ],
  },
);

question<{ convolutionWeights: (kernel: number, inputChannels: number, filters: number) => number }>(
  'q4.2',
  (answers) => {
    it('counts the first layer of the baseline', () => {
      assert.equal(answers().convolutionWeights(3, 3, 32), 896);
    });
    hidden(() => {
      it('counts layers that the table does not show', () => {
        assert.equal(answers().convolutionWeights(5, 1, 6), 156);
        assert.equal(answers().convolutionWeights(1, 64, 10), 650);
      });
    });
  },
  {
    wrongAnswers: [
      {
        name: 'forgets the biases',
        code: `function convolutionWeights(kernel: number, inputChannels: number, filters: number) {
          return kernel * kernel * inputChannels * filters;
        }`,
        fails: 'counts the first layer of the baseline',
      },
      {
        name: 'takes a kernel of 3 for granted',
        code: `function convolutionWeights(kernel: number, inputChannels: number, filters: number) {
          return (9 * inputChannels + 1) * filters;
        }`,
        fails: 'counts layers that the table does not show',
      },
    ],
  },
);

question<{ crossEntropy: (logits: number[], label: number) => number }>(
  'q4.3',
  (answers) => {
    it('is ln 10 for ten equal logits', () => {
      assertClose([answers().crossEntropy(new Array(10).fill(0.5), 3)], [Math.log(10)], { tolerance: 1e-9 });
    });
    it('is small for sure and right, large for sure and wrong', () => {
      // softmax([0, 2]) = [0.1192, 0.8808]
      assertClose([answers().crossEntropy([0, 2], 1)], [0.126928], { tolerance: 1e-5 });
      assertClose([answers().crossEntropy([0, 2], 0)], [2.126928], { tolerance: 1e-5 });
    });
    hidden(() => {
      it('stays finite for logits of any size', () => {
        assertClose([answers().crossEntropy([1000, 0], 0)], [0], { tolerance: 1e-9 });
        assertClose([answers().crossEntropy([1000, 0], 1)], [1000], { tolerance: 1e-9 });
        assertClose([answers().crossEntropy([-1000, -1000], 0)], [Math.LN2], { tolerance: 1e-9 });
      });
    });
  },
  {
    wrongAnswers: [
      {
        name: 'takes the logarithm of a softmax that overflows',
        code: `function crossEntropy(logits: number[], label: number) {
          const sum = logits.reduce((total, logit) => total + Math.exp(logit), 0);
          return -Math.log(Math.exp(logits[label]) / sum);
        }`,
        fails: 'stays finite for logits of any size',
      },
      {
        name: 'gives the probability instead of its logarithm',
        code: `function crossEntropy(logits: number[], label: number) {
          const sum = logits.reduce((total, logit) => total + Math.exp(logit), 0);
          return Math.exp(logits[label]) / sum;
        }`,
        fails: 'is ln 10 for ten equal logits',
      },
    ],
  },
);

question<{ bestEpoch: (records: { epoch: number; validationLoss?: number }[]) => number }>(
  'q4.4',
  (answers) => {
    it('finds the lowest validation loss', () => {
      const records = [1.5, 1.1, 1.2].map((validationLoss, i) => ({ epoch: i + 1, validationLoss }));
      assert.equal(answers().bestEpoch(records), 2);
    });
    it('takes the first of equal ones', () => {
      const records = [1.5, 1.1, 1.1].map((validationLoss, i) => ({ epoch: i + 1, validationLoss }));
      assert.equal(answers().bestEpoch(records), 2);
    });
    hidden(() => {
      it('skips epochs without a validation loss, and counts epochs, not rows', () => {
        const records = [
          { epoch: 1 },
          { epoch: 2, validationLoss: 3 },
          { epoch: 3 },
          { epoch: 9, validationLoss: 2 },
        ];
        assert.equal(answers().bestEpoch(records), 9);
      });
      it('refuses a history without validation', () => {
        assert.throws(() => answers().bestEpoch([{ epoch: 1 }]), RangeError);
        assert.throws(() => answers().bestEpoch([]), RangeError);
      });
    });
  },
  {
    wrongAnswers: [
      {
        name: 'always takes the last epoch',
        code: `function bestEpoch(records: { epoch: number; validationLoss?: number }[]) {
          if (!records.some((r) => r.validationLoss !== undefined)) throw new RangeError();
          return records[records.length - 1].epoch;
        }`,
        fails: 'finds the lowest validation loss',
      },
      {
        name: 'takes the last of equal ones',
        code: `function bestEpoch(records: { epoch: number; validationLoss?: number }[]) {
          const known = records.filter((r) => r.validationLoss !== undefined);
          if (known.length === 0) throw new RangeError();
          return known.reduce((a, b) => (b.validationLoss! <= a.validationLoss! ? b : a)).epoch;
        }`,
        fails: 'takes the first of equal ones',
      },
      {
        name: 'takes a missing loss for zero',
        code: `function bestEpoch(records: { epoch: number; validationLoss?: number }[]) {
          if (!records.some((r) => r.validationLoss !== undefined)) throw new RangeError();
          return records.reduce((a, b) => ((b.validationLoss ?? 0) < (a.validationLoss ?? 0) ? b : a)).epoch;
        }`,
        fails: 'skips epochs without a validation loss, and counts epochs, not rows',
      },
    ],
  },
);

question<{ buildSmall: () => tf.LayersModel }>(
  'q4.5',
  (answers) => {
    const build = () => {
      const model = answers().buildSmall();
      assert.ok(model instanceof tf.LayersModel, 'expected a network of TensorFlow.js');
      return model;
    };
    it('takes 32 x 32 x 3 images and gives ten numbers', () => {
      const model = build();
      const output = tf.tidy(() => (model.predict(tf.ones([2, 32, 32, 3])) as tf.Tensor).shape);
      model.dispose();
      assert.deepEqual(output, [2, 10]);
    });
    it('has fewer than 50,000 weights', () => {
      const model = build();
      const count = model.countParams();
      model.dispose();
      assert.ok(count < 50_000, `it has ${count}`);
    });
    hidden(() => {
      it('has at least two convolutions', () => {
        const model = build();
        const kinds = model.layers.map((layer) => layer.getClassName());
        model.dispose();
        assert.ok(kinds.filter((kind) => /Conv2D$/.test(kind)).length >= 2, kinds.join(', '));
      });
      it('gives logits, not probabilities', () => {
        const model = build();
        const sum = tf.tidy(() => tf.sum(model.predict(tf.ones([1, 32, 32, 3])) as tf.Tensor).dataSync()[0]);
        model.dispose();
        assert.ok(Math.abs(sum - 1) > 1e-6, 'the outputs sum to 1, as after softmax');
      });
    });
  },
  {
    wrongAnswers: [
      {
        name: 'the baseline itself, which is too large',
        code: `import { buildBaseline } from 'course/models';
        function buildSmall() { return buildBaseline({ inputShape: [32, 32, 3], numClasses: 10 }); }`,
        fails: 'has fewer than 50,000 weights',
      },
      {
        name: 'no convolution at all',
        code: `function buildSmall() {
          return tf.sequential({ layers: [tf.layers.flatten({ inputShape: [32, 32, 3] }), tf.layers.dense({ units: 10 })] });
        }`,
        fails: 'has at least two convolutions',
      },
      {
        name: 'ends in softmax',
        code: `function buildSmall() {
          return tf.sequential({ layers: [
            tf.layers.conv2d({ inputShape: [32, 32, 3], filters: 4, kernelSize: 3 }),
            tf.layers.conv2d({ filters: 4, kernelSize: 3 }),
            tf.layers.globalAveragePooling2d({}),
            tf.layers.dense({ units: 10, activation: 'softmax' }),
          ] });
        }`,
        fails: 'gives logits, not probabilities',
      },
      {
        name: 'five classes',
        code: `function buildSmall() {
          return tf.sequential({ layers: [
            tf.layers.conv2d({ inputShape: [32, 32, 3], filters: 4, kernelSize: 3 }),
            tf.layers.conv2d({ filters: 4, kernelSize: 3 }),
            tf.layers.globalAveragePooling2d({}),
            tf.layers.dense({ units: 5 }),
          ] });
        }`,
        fails: 'takes 32 x 32 x 3 images and gives ten numbers',
      },
    ],
  },
);

interface HandIn {
  handIn: (network: tf.LayersModel, trainedOn: ImageDataset, folder: string) => Promise<void>;
}

question<HandIn>(
  'q4.6',
  modelTests<HandIn>({
    question: 'q4.6',
    images: publishedImages('cifar10'),
    maxParameters: 300_000,
    maxBytes: 2_000_000,
    bands: [
      { accuracy: 0.5, points: 1 },
      { accuracy: 0.6, points: 2 },
      { accuracy: 0.65, points: 3 },
      { accuracy: 0.7, points: 4 },
    ],
    save: ({ handIn, model, images }, folder) => handIn(model, images, folder),
  }),
  {
    wrongAnswers: [
      {
        name: 'an untrained network',
        code: handingIn({ model: 'buildBaseline({ inputShape: [32, 32, 3], numClasses: 10 })' }),
        fails: 'is right on 50 % of the held-out images',
      },
      {
        name: 'a network for images of another size',
        code: handingIn({ model: 'buildBaseline({ inputShape: [28, 28, 3], numClasses: 10 })' }),
        fails: 'takes images of 32 x 32 x 3 and gives 10 numbers',
      },
      {
        name: 'too many weights',
        code: handingIn({
          model: `tf.sequential({ layers: [
            tf.layers.flatten({ inputShape: [32, 32, 3] }),
            tf.layers.dense({ units: 100, kernelInitializer: 'zeros' }),
            tf.layers.dense({ units: 10 }),
          ] })`,
        }),
        fails: 'has at most 300,000 weights',
      },
      {
        name: 'the classes in the order of the alphabet, backwards',
        code: handingIn({ classNames: '[...trainedOn.classNames].reverse()' }),
        fails: 'has the classes in the order of the labels',
      },
      {
        name: 'no normalization',
        code: `import { scaleOnly } from 'course/data';
          ${handingIn({ normalization: 'scaleOnly(3)' })}`,
        fails: 'is right on 70 % of the held-out images',
      },
      {
        name: 'a training that diverged',
        code: handingIn({
          before: 'network.setWeights(network.getWeights().map((w) => tf.fill(w.shape, NaN)));',
        }),
        fails: 'gives a probability for each class',
      },
      {
        name: 'saves nothing',
        code: 'async function handIn() {}',
        fails: 'models/q4.6 holds a model that can be read',
      },
      {
        name: 'saves elsewhere',
        code: `import { join } from 'node:path';
          ${handingIn({ folder: "join(folder, 'model')" })}`,
        fails: 'models/q4.6 holds a model that can be read',
      },
    ],
  },
);

/** `handIn` with some of its parts replaced by wrong ones, as TypeScript. */
function handingIn({
  before = '',
  model = 'network',
  normalization = 'fitStandardization(trainedOn)',
  classNames = 'trainedOn.classNames',
  folder = 'folder',
}: Partial<Record<'before' | 'model' | 'normalization' | 'classNames' | 'folder', string>>): string {
  return `async function handIn(network: tf.LayersModel, trainedOn: ImageDataset, folder: string) {
    ${before}
    const classNames = ${classNames};
    const classifier = { model: ${model}, normalization: ${normalization}, classNames, training: {} };
    await saveClassifier(classifier, ${folder});
  }`;
}
