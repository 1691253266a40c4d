/** Takes four steps of Adam on the backend that `COURSE_BACKEND` names and one more on cpu; prints what came of it as JSON. */
import * as tf from '@tensorflow/tfjs';
import { useBackend } from '../../lib/backend';
import { uniformTensor } from './tensors';

let dispatches = 0;

async function main(): Promise<void> {
  await useBackend();
  if (tf.getBackend() === 'webgpu') countDispatches();
  const optimizer = tf.train.adam(0.1);
  const shapes = [
    [2, 3],
    [1, 2, 3, 400],
  ];
  const variables = shapes.map((shape, i) => tf.variable(uniformTensor(shape, i), true, `adam-${i}`));
  const counts: { dispatches: number; numTensors: number }[] = [];
  for (let step = 0; step < 5; step++) {
    if (step === 4)
      await continueOnCpu([...variables, ...(await optimizer.getWeights()).map(({ tensor }) => tensor)]);
    const gradients = variables.map(({ shape, name }, i) => ({
      name,
      tensor: uniformTensor(shape, 10 * step + i),
    }));
    const before = dispatches;
    optimizer.applyGradients(gradients);
    for (const { tensor } of gradients) tensor.dispose();
    counts.push({ dispatches: dispatches - before, numTensors: tf.memory().numTensors });
  }
  const weights = await optimizer.getWeights();
  const tensors = [...variables, ...weights.map(({ tensor }) => tensor)];
  const values = await Promise.all(tensors.map(async (tensor) => [...(await tensor.data())]));
  console.log(JSON.stringify({ counts, names: weights.map(({ name }) => name), values }));
}

/** Fetches the numbers first: cpu would fetch them without waiting, which Dawn cannot. */
async function continueOnCpu(tensors: tf.Tensor[]): Promise<void> {
  await Promise.all(tensors.map((tensor) => tensor.data()));
  await useBackend({ backend: 'cpu' });
}

function countDispatches(): void {
  const backend = tf.backend() as object as { runWebGPUProgram(...inputs: unknown[]): unknown };
  const { runWebGPUProgram } = backend;
  backend.runWebGPUProgram = (...inputs) => {
    dispatches++;
    return runWebGPUProgram.apply(backend, inputs);
  };
}

main().then(() => process.exit());
