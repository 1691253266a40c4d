import assert from 'node:assert/strict';
import { imageBatches } from '../../data';
import { accuracy } from '../../evaluation';
import { predictedClasses } from '../../evaluation/rows';
import { bytesOf, type HandedInModel, modelFolder } from './handed-in';
import type { ModelImages } from './images';
import type { ModelFacts, OpenedModel } from './open-model';

/** Where a model is and what it is judged by. */
export interface ModelSource {
  readonly question: string;
  /** What was handed in; an error of the student's code, such as `not implemented`, goes through. */
  readonly find: () => Promise<HandedInModel>;
  /** Opens its files, here or in a sandbox. */
  readonly open: (model: HandedInModel) => Promise<OpenedModel>;
  readonly images: () => ReturnType<ModelImages['heldOut']>;
}

/** How many images a model was right on. */
export interface Measured {
  readonly accuracy: number;
  readonly count: number;
  /** Such as `cifar10`. */
  readonly images: string;
}

/** A model that a question's tests look at. What they ask is found out once; what is wrong is an AssertionError. */
export class GradedModel {
  private readonly source: ModelSource;
  private found: Promise<HandedInModel> | undefined;
  private opened: Promise<OpenedModel> | undefined;
  private measuring: Promise<Measured> | undefined;

  constructor(source: ModelSource) {
    this.source = source;
  }

  async bytes(): Promise<number> {
    return bytesOf(await this.files());
  }

  async facts(): Promise<ModelFacts> {
    return factsFrom((await this.open()).facts);
  }

  /** Looks at a few images: none of the probabilities may be missing. */
  async tryOut(numClasses: number): Promise<void> {
    await this.predict({ numClasses, firstBatchOnly: true });
  }

  /** The share of all images that it is right on. */
  measure(numClasses: number): Promise<Measured> {
    this.measuring ??= this.predict({ numClasses });
    return this.measuring;
  }

  async dispose(): Promise<void> {
    const opened = await this.opened?.catch(() => undefined);
    opened?.dispose();
  }

  private files(): Promise<HandedInModel> {
    this.found ??= this.source.find();
    return this.found;
  }

  private async open(): Promise<OpenedModel> {
    const model = await this.files();
    assert.ok(model.problem === undefined, model.problem);
    this.opened ??= this.inWords(() => this.source.open(model));
    return this.opened;
  }

  private async predict({
    numClasses,
    firstBatchOnly = false,
  }: {
    readonly numClasses: number;
    readonly firstBatchOnly?: boolean;
  }): Promise<Measured> {
    const { probabilities } = await this.open();
    const images = await this.source.images();
    const predicted: number[] = [];
    const labels: number[] = [];
    for (const batch of imageBatches(images, { batchSize: firstBatchOnly ? 32 : 256 })) {
      const rows = await this.inWords(() => probabilities(batch.images));
      checkProbabilities(rows, { count: batch.count, numClasses });
      predicted.push(...predictedClasses(rows, { numClasses }));
      labels.push(...batch.labels);
      if (firstBatchOnly) break;
    }
    return { accuracy: accuracy(labels, predicted), count: labels.length, images: images.name };
  }

  /** An error of the model's file as what is wrong with the answer, without the place where the file lies. */
  private async inWords<Result>(work: () => Promise<Result>): Promise<Result> {
    try {
      return await work();
    } catch (error) {
      const [line] = (error instanceof Error ? error.message : String(error)).split('\n');
      if (line.endsWith(noMemory)) throw new RangeError(noMemory); // an outcome of its own
      const place = modelFolder(this.source.question);
      const message = line.replaceAll(/\S*(?=models\/q\d+\.\d+)/g, '').slice(0, 300);
      assert.fail(message.includes(place) ? message : `${place}: ${message}`);
    }
  }
}

/** What V8 says where an array is larger than the memory that is left. */
const noMemory = 'Array buffer allocation failed';

/** What came from another process is not believed to be what it should. */
function factsFrom({ inputShape, outputShape, parameters, classNames }: ModelFacts): ModelFacts {
  return {
    inputShape: Array.from(inputShape, Number).slice(0, 8),
    outputShape: Array.from(outputShape, Number).slice(0, 8),
    parameters: Number(parameters),
    classNames: Array.from(classNames, (name) => String(name).slice(0, 80)).slice(0, 1000),
  };
}

function checkProbabilities(
  rows: Float32Array,
  { count, numClasses }: { readonly count: number; readonly numClasses: number },
): void {
  assert.ok(rows instanceof Float32Array, 'the model gives no numbers');
  assert.equal(rows.length, count * numClasses, `numbers for ${count} images`);
  const place = rows.findIndex((value) => !(value >= 0 && value <= 1 + 1e-5));
  assert.ok(
    place < 0,
    `image ${Math.floor(place / numClasses)}: expected probabilities, got ${rows[place]}; the training may have diverged`,
  );
}
