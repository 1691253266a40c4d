import { CourseError } from '../errors';
import type { Classifier } from '../interchange';
import { toOnnx } from '../interchange/onnx';
import type { Engine } from './engine';
import { inputShapeOf, viewsOf } from './model-description';

/**
 * The network in ONNX Runtime, exported in memory.
 * @throws CourseError for a network that looks at an image more than once, and for a layer that ONNX has no equal of.
 */
export async function makeOnnxEngine(
  classifier: Classifier,
  { threads = 0 }: { /** 0: as many as there are cores. */ readonly threads?: number } = {},
): Promise<Engine> {
  const views = viewsOf(classifier);
  if (views !== 'single') throw new CourseError(`views: expected single for ONNX Runtime, got ${views}`);
  const shape = inputShapeOf(classifier.model);
  const { InferenceSession, Tensor } = await import('onnxruntime-node');
  const session = await InferenceSession.create(await toOnnx(classifier), {
    intraOpNumThreads: threads,
    logSeverityLevel: 3, // errors
    // Threads that wait would keep the cores busy on which the server reads requests and decodes pictures.
    extra: { session: { intra_op: { allow_spinning: '0' } } },
  });
  return {
    name: 'onnx',
    predict: async (pixels, count) => {
      const image = new Tensor('float32', new Float32Array(pixels), [count, ...shape]);
      const { probabilities } = await session.run({ image });
      return (await probabilities.getData()) as Float32Array;
    },
    close: () => session.release(),
  };
}
