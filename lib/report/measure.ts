import type * as tf from '@tensorflow/tfjs';
import type { ImageDataset, Normalization } from '../data';
import { CourseError } from '../errors';
import {
  fitTemperature,
  McNemarCounter,
  type McNemarResult,
  type MetricsResult,
  measureRobustness,
  predict,
  predictBatches,
  predictedClasses,
  type Robustness,
  StreamingMetrics,
  softmax,
} from '../evaluation';
import type { OnProgress } from '../progress';
import type { Views } from '../training';

/** A model as it is to be judged. */
export interface Subject {
  /** Its folder, for people. */
  readonly name: string;
  readonly model: tf.LayersModel;
  readonly normalization: Normalization;
  /** Default `single`. */
  readonly views?: Views;
}

/** What the model's confidence would be worth at another temperature. */
export interface Recalibration {
  readonly temperature: number;
  /** Validation images it was fitted on. */
  readonly fittedOn: number;
  /** Of the test images. */
  readonly metrics: MetricsResult;
}

/** Two models on the same images; `mcnemar.firstOnly` counts for the one that the report is about. */
export interface Comparison {
  readonly name: string;
  readonly metrics: MetricsResult;
  readonly mcnemar: McNemarResult;
}

/** All that a report tells in numbers. */
export interface Measurements {
  readonly metrics: MetricsResult;
  readonly recalibration?: Recalibration;
  readonly comparison?: Comparison;
  readonly robustness?: Robustness;
}

export interface MeasureOptions {
  /** Of top-k accuracy; default 5. */
  readonly k?: number;
  /** Images that the model did not learn from, to fit a temperature on; never those it is judged by. */
  readonly validation?: ImageDataset;
  /** Another model, judged on the same images. */
  readonly other?: Subject;
  /** The images to corrupt; they may be fewer. */
  readonly robustnessOn?: ImageDataset;
  readonly onProgress?: OnProgress;
}

/**
 * Judges `subject` on the images of `test`, batch by batch. Throws a CourseError where a model gives what is no number,
 * which damaged weights do.
 */
export async function measure(
  subject: Subject,
  test: ImageDataset,
  { k, validation, other, robustnessOn, onProgress }: MeasureOptions = {},
): Promise<Measurements> {
  const temperature = validation && (await temperatureOn(validation, subject));
  const numClasses = test.classNames.length;
  const options = { numClasses, ...(k !== undefined && { k }) };
  const [metrics, recalibrated, others] = Array.from({ length: 3 }, () => new StreamingMetrics(options));
  const mcnemar = new McNemarCounter();
  const otherBatches = other && predictBatches(other.model, test, other);
  let done = 0;
  try {
    for await (const { labels, probabilities, count } of predictBatches(subject.model, test, subject)) {
      checkNumbers(probabilities, subject);
      metrics.add(labels, probabilities);
      if (temperature) {
        recalibrated.add(labels, softmax(logarithms(probabilities), { numClasses, temperature }));
      }
      const next = await otherBatches?.next();
      if (other && next?.value) {
        checkNumbers(next.value.probabilities, other);
        others.add(labels, next.value.probabilities);
        mcnemar.add(labels, {
          first: predictedClasses(probabilities, { numClasses }),
          second: predictedClasses(next.value.probabilities, { numClasses }),
        });
      }
      done += count;
      onProgress?.({ label: 'evaluating', done, total: test.count, unit: 'images' });
    }
  } finally {
    await otherBatches?.return();
  }
  return {
    metrics: metrics.result,
    ...(temperature && {
      recalibration: { temperature, fittedOn: validation.count, metrics: recalibrated.result },
    }),
    ...(other && { comparison: { name: other.name, metrics: others.result, mcnemar: mcnemar.result } }),
    ...(robustnessOn && {
      robustness: await measureRobustness(subject.model, robustnessOn, { ...subject, onProgress }),
    }),
  };
}

async function temperatureOn(validation: ImageDataset, subject: Subject): Promise<number> {
  const { probabilities, numClasses } = await predict(subject.model, validation, subject);
  checkNumbers(probabilities, subject);
  return fitTemperature(validation.labels, logarithms(probabilities), { numClasses });
}

/** Of probabilities, what `softmax` turns back into them; 0 counts as the smallest number that float32 has. */
function logarithms(probabilities: Float32Array): Float64Array {
  return Float64Array.from(probabilities, (probability) => Math.log(Math.max(probability, 2 ** -149)));
}

function checkNumbers(probabilities: Float32Array, { name }: Subject): void {
  if (probabilities.every(Number.isFinite)) return;
  throw new CourseError(
    `${name}: the model gives what is no number; its weights are damaged: train it again, or fetch it again`,
  );
}
