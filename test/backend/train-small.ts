/** Trains a small network on the backend that `COURSE_BACKEND` names and prints its losses as JSON. */
import * as tf from '@tensorflow/tfjs';
import { useBackend } from '../../lib/backend';
import { uniformTensor } from './tensors';

async function losses(optimizer: tf.Optimizer): Promise<number[]> {
  const weights = (seed: number) => tf.initializers.glorotUniform({ seed });
  const model = tf.sequential({
    layers: [
      tf.layers.conv2d({
        inputShape: [8, 8, 3],
        filters: 4,
        kernelSize: 3,
        activation: 'relu',
        kernelInitializer: weights(1),
      }),
      tf.layers.maxPooling2d({ poolSize: 2 }),
      tf.layers.batchNormalization(),
      tf.layers.flatten(),
      tf.layers.dropout({ rate: 0 }),
      tf.layers.dense({ units: 5, activation: 'softmax', kernelInitializer: weights(2) }),
    ],
  });
  model.compile({ optimizer, loss: 'categoricalCrossentropy', metrics: ['accuracy'] });
  const found: number[] = [];
  let afterFirst = 0;
  for (let step = 0; step < 5; step++) {
    const xs = uniformTensor([8, 8, 8, 3], step);
    const ys = tf.tidy(() => tf.oneHot(tf.tensor1d([0, 1, 2, 3, 4, 0, 1, 2], 'int32'), 5));
    const [loss] = (await model.trainOnBatch(xs, ys)) as number[];
    found.push(loss);
    tf.dispose([xs, ys]);
    if (step === 0) afterFirst = tf.memory().numTensors;
  }
  if (tf.memory().numTensors !== afterFirst) throw new Error(`${optimizer.getClassName()} leaks tensors`);
  model.dispose();
  return found;
}

async function main(): Promise<void> {
  const { device } = await useBackend();
  const momentum = await losses(tf.train.momentum(0.05, 0.9));
  const adam = await losses(tf.train.adam(0.01));
  console.log(JSON.stringify({ device, momentum, adam }));
}

main().then(() => process.exit());
