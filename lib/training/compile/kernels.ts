import * as tf from '@tensorflow/tfjs';
import { activationOf, type NodeBackend, withReplaced } from './binding';
import { attribute, ofFloats } from './graph';

/**
 * Runs `body` with single TensorFlow operations in the place of those that tfjs composes of many: batch normalization
 * and its gradient, the gradients of activations, GELU, and softmax cross-entropy. Up to rounding the numbers are the
 * same. tfjs is as before afterwards.
 */
export function withFusedKernels<T>(backend: NodeBackend, body: () => T): T {
  const undo: (() => void)[] = [];
  try {
    for (const [kernelName, kernelFunc] of Object.entries(fusedKernels(backend))) {
      undo.push(replaceKernel({ kernelName, backendName: 'tensorflow', kernelFunc }));
    }
    for (const gradient of fusedGradients(backend)) undo.push(replaceGradient(gradient));
    const batchNormalization = prototypeOf(tf.layers.batchNormalization({ name: 'prototype' }));
    return withReplaced(batchNormalization, { call: callFused(batchNormalization.call) }, () =>
      withReplaced(activation('gelu'), { apply: gelu }, () =>
        withReplaced(activation('gelu_new'), { apply: geluNew }, body),
      ),
    );
  } finally {
    for (const restore of undo.reverse()) restore();
  }
}

function replaceKernel(kernel: tf.KernelConfig): () => void {
  const { kernelName, backendName } = kernel;
  const before = tf.getKernel(kernelName, backendName);
  if (before) tf.unregisterKernel(kernelName, backendName);
  tf.registerKernel(kernel);
  return () => {
    tf.unregisterKernel(kernelName, backendName);
    if (before) tf.registerKernel(before);
  };
}

function replaceGradient(gradient: tf.GradConfig): () => void {
  const { kernelName } = gradient;
  const before = tf.getGradient(kernelName);
  if (before) tf.unregisterGradient(kernelName);
  tf.registerGradient(gradient);
  return () => {
    tf.unregisterGradient(kernelName);
    if (before) tf.registerGradient(before);
  };
}

// The engine hands over real tensors, although the types promise less.
type Inputs = Record<string, tf.Tensor>;

const channelsLast = attribute.string('data_format', 'NHWC');
const training = attribute.bool('is_training', true);
const ofMixed = [...ofFloats, attribute.type('U', 1)];

function fusedKernels(backend: NodeBackend): Record<string, tf.KernelFunc> {
  return {
    /** [y, mean, variance, and three that its gradient wants]; the variance is that of a sample, divided by n - 1. */
    FusedBatchNormTraining: ({ inputs, attrs }) => {
      const { x, scale, offset } = inputs as Inputs;
      const none = tf.tensor1d([], 'float32');
      const attributes = [
        ...ofMixed,
        attribute.float('epsilon', attrs?.epsilon as number),
        channelsLast,
        training,
      ];
      const outputs = backend.executeMultipleOutputs(
        'FusedBatchNormV3',
        attributes,
        [x, scale, offset, none, none],
        6,
      );
      none.dispose();
      return outputs;
    },
    /** [loss of each row, its gradient] */
    SoftmaxCrossEntropyWithLogits: ({ inputs }) => {
      const { logits, labels } = inputs as Inputs;
      return backend.executeMultipleOutputs('SoftmaxCrossEntropyWithLogits', ofFloats, [logits, labels], 2);
    },
  };
}

function fusedGradients(backend: NodeBackend): tf.GradConfig[] {
  /** The gradient of an activation from its result (or its input), in TensorFlow's order of the two arguments. */
  const ofActivation = (
    kernelName: string,
    op: string,
    order: (dy: tf.Tensor, saved: tf.Tensor) => tf.Tensor[],
  ): tf.GradConfig => ({
    kernelName,
    outputsToSave: [true],
    gradFunc: (dy, [y]) => ({
      x: () => backend.executeSingleOutput(op, ofFloats, order(dy as tf.Tensor, y)),
    }),
  });
  return [
    ofActivation('Relu', 'ReluGrad', (dy, y) => [dy, y]),
    ofActivation('Relu6', 'Relu6Grad', (dy, y) => [dy, y]),
    ofActivation('Selu', 'SeluGrad', (dy, y) => [dy, y]),
    ofActivation('Sigmoid', 'SigmoidGrad', (dy, y) => [y, dy]),
    ofActivation('Tanh', 'TanhGrad', (dy, y) => [y, dy]),
    {
      kernelName: 'LeakyRelu',
      inputsToSave: ['x'],
      outputsToSave: [true],
      gradFunc: (dy, [x, y], attrs) => ({
        x: () => {
          const alpha = attrs.alpha as number;
          const attributes = [...ofFloats, attribute.float('alpha', alpha)];
          // Result and input have the same sign; TensorFlow fuses a convolution with what follows only if no one else
          // asks for the input.
          const sign = alpha >= 0 ? y : x;
          return backend.executeSingleOutput('LeakyReluGrad', attributes, [dy as tf.Tensor, sign]);
        },
      }),
    },
    {
      kernelName: 'FusedBatchNormTraining',
      inputsToSave: ['x', 'scale'],
      outputsToSave: [false, false, false, true, true, true],
      gradFunc: (dys, [x, scale, ...reserved], { epsilon }) => {
        const [dy] = dys as tf.Tensor[];
        const attributes = [
          ...ofMixed,
          attribute.float('epsilon', epsilon as number),
          channelsLast,
          training,
        ];
        const inputs = [dy, x, scale, ...reserved];
        const [dx, dScale, dOffset] = backend.executeMultipleOutputs(
          'FusedBatchNormGradV3',
          attributes,
          inputs,
          5,
        );
        return { x: () => dx, scale: () => dScale, offset: () => dOffset };
      },
    },
    {
      kernelName: 'SoftmaxCrossEntropyWithLogits',
      inputsToSave: ['labels'],
      outputsToSave: [false, true],
      gradFunc: (dys, [labels, gradient]) => ({
        logits: () => tf.mul(gradient, tf.expandDims((dys as tf.Tensor[])[0], 1)),
        labels: () => tf.zerosLike(labels),
      }),
    },
  ];
}

/** What a batch normalization layer of tfjs-layers has. */
interface BatchNormalization {
  readonly axis: number;
  readonly epsilon: number;
  readonly momentum: number;
  readonly gamma?: tf.LayerVariable;
  readonly beta?: tf.LayerVariable;
  readonly movingMean: tf.LayerVariable;
  readonly movingVariance: tf.LayerVariable;
}

type LayerCall = (inputs: tf.Tensor | tf.Tensor[], kwargs: { training?: boolean }) => tf.Tensor;
type Prototype = object & { call: LayerCall; apply: (x: tf.Tensor) => tf.Tensor };

// With a name of its own a layer leaves the count of unnamed layers, so the names of a reader's layers, alone.
function prototypeOf(layer: object): Prototype {
  return Object.getPrototypeOf(layer) as Prototype;
}

function activation(name: 'gelu' | 'gelu_new'): Prototype {
  const layer = tf.layers.activation({ activation: name, name: 'prototype' });
  return prototypeOf(activationOf(layer));
}

/** The layer's own call, except while it trains with the channels last. */
function callFused(composed: LayerCall): LayerCall {
  return function (this: BatchNormalization, inputs, kwargs) {
    const x = Array.isArray(inputs) ? inputs[0] : inputs;
    const channelsAreLast = this.axis === -1 || this.axis === x.rank - 1;
    return kwargs?.training && channelsAreLast
      ? normalizeBatch(this, x)
      : composed.call(this, inputs, kwargs);
  };
}

function normalizeBatch(layer: BatchNormalization, x: tf.Tensor): tf.Tensor {
  return tf.tidy(() => {
    const channels = x.shape[x.rank - 1];
    const count = x.size / channels;
    const inputs = {
      x: x.rank === 4 ? x : tf.reshape(x, [count, 1, 1, channels]),
      scale: layer.gamma?.read() ?? tf.ones([channels]),
      offset: layer.beta?.read() ?? tf.zeros([channels]),
    };
    const outputs = tf.engine().runKernel('FusedBatchNormTraining', inputs, { epsilon: layer.epsilon });
    const [y, mean, sampleVariance] = outputs as tf.Tensor[];
    const variance = tf.mul(sampleVariance, (count - 1) / count); // tfjs keeps that of the batch itself
    moveAverage(layer.movingMean, mean, layer.momentum);
    moveAverage(layer.movingVariance, variance, layer.momentum);
    return x.rank === 4 ? y : tf.reshape(y, x.shape);
  });
}

function moveAverage(average: tf.LayerVariable, value: tf.Tensor, momentum: number): void {
  const before = average.read();
  average.write(tf.sub(before, tf.mul(tf.sub(before, value), 1 - momentum)));
}

/** x times the normal distribution's cumulative probability at x: Hendrycks and Gimpel, https://arxiv.org/abs/1606.08415 */
function gelu(x: tf.Tensor): tf.Tensor {
  return tf.customGrad((input, save) => {
    const x = input as tf.Tensor;
    const probability = tf.add(tf.mul(tf.erf(tf.mul(x, Math.SQRT1_2)), 0.5), 0.5);
    (save as tf.GradSaveFunc)([x, probability]);
    return {
      value: tf.mul(x, probability),
      gradFunc: (dy: tf.Tensor, [x, probability]: tf.Tensor[]) => {
        const density = tf.mul(tf.exp(tf.mul(tf.square(x), -0.5)), 1 / Math.sqrt(2 * Math.PI));
        return tf.mul(dy, tf.add(probability, tf.mul(x, density)));
      },
    };
  })(x);
}

/** The same with tanh in the place of the probability, as in section 2 of the paper. */
function geluNew(x: tf.Tensor): tf.Tensor {
  const [scale, cubic] = [Math.sqrt(2 / Math.PI), 0.044715];
  return tf.customGrad((input, save) => {
    const x = input as tf.Tensor;
    const square = tf.square(x);
    const tanh = tf.tanh(tf.mul(x, tf.add(tf.mul(square, scale * cubic), scale)));
    (save as tf.GradSaveFunc)([x, square, tanh]);
    return {
      value: tf.mul(x, tf.add(tf.mul(tanh, 0.5), 0.5)),
      gradFunc: (dy: tf.Tensor, [x, square, tanh]: tf.Tensor[]) => {
        const inner = tf.mul(x, tf.add(tf.mul(square, 1.5 * scale * cubic), 0.5 * scale)); // x times half the slope
        const slope = tf.mul(inner, tf.sub(1, tf.square(tanh)));
        return tf.mul(dy, tf.add(tf.add(tf.mul(tanh, 0.5), 0.5), slope));
      },
    };
  })(x);
}
