import assert from 'node:assert/strict';
import type { GradedModel } from './graded-model';
import { modelFolder } from './handed-in';
import type { ModelImages } from './images';
import { rehearsedModel, type Trained } from './rehearsal';

/** What a model is worth that is right on this share of the held-out images. */
export interface Band {
  /** 0 to 1. */
  readonly accuracy: number;
  /** Of the question, at this band and no higher. */
  readonly points: number;
}

/** What a question asks of a model that is handed in. */
export interface ModelRequirements {
  readonly images: ModelImages;
  /** All weights, those that are not trained included. */
  readonly maxParameters: number;
  /** Of all its files. */
  readonly maxBytes: number;
  /** From the lowest to the highest, which earns all points of the question. */
  readonly bands: readonly Band[];
}

export interface ModelTestsOptions<Answers> extends ModelRequirements {
  /** Such as `q4.6`: the model is in `models/q4.6` beside the notebook. */
  readonly question: string;
  /**
   * Has the student's answer save a network in `folder`. In a notebook it gets what the notebook declares; elsewhere what
   * the answer itself declares, with a toy network and its images as `model` and `images`.
   */
  readonly save: (answers: Answers & Trained, folder: string) => unknown;
}

/** The tests of a question that asks for a model, to be given to `question`. */
export interface ModelTests<Answers> {
  (answers: () => Answers): void;
  readonly model: ModelTestsOptions<Answers>;
  /** Those tests alone that say whether a model can be graded, not how good it is. */
  readonly checks: (answers: () => object) => void;
}

/** Where tests find a model that exists already: at grading, and in a notebook. */
export const modelToGrade = Symbol.for('course.modelToGrade');

/**
 * Tests of a model, instead of those of code. Each check and each band is a test: checks earn nothing, but without them no
 * band is reached; a band earns what it is worth more than the one before.
 * @throws RangeError for bands that do not rise
 */
export function modelTests<Answers extends object>(options: ModelTestsOptions<Answers>): ModelTests<Answers> {
  const { bands, question, images, save } = options;
  const rising = (values: readonly number[]) => values.every((value, i) => value > (values[i - 1] ?? 0));
  const [shares, points] = [bands.map(({ accuracy }) => accuracy), bands.map((band) => band.points)];
  if (bands.length === 0 || !rising(shares) || !rising(points) || shares[shares.length - 1] > 1)
    throw new RangeError(`${question}: expected bands of rising accuracy and points, at most 1 and above 0`);
  const checks = checksOf(options);
  const declare = (answers: () => object, declared: readonly Check[]) => {
    let rehearsed: ReturnType<typeof rehearsedModel> | undefined;
    const model = () => {
      const given: unknown = Reflect.get(answers(), modelToGrade);
      if (given) return given as GradedModel;
      rehearsed ??= rehearsedModel(question, {
        kind: images,
        save: (trained, folder) =>
          save(Object.assign(Object.create(answers()), trained) as Answers & Trained, folder),
      });
      return rehearsed.model;
    };
    for (const { title, test } of declared) {
      it(title, async function () {
        this.timeout(0); // whoever runs it has a limit of their own for all tests together
        await test(model());
      });
    }
    after(() => rehearsed?.dispose());
  };
  const all = [...checks, ...bandTests(options, checks)];
  return Object.assign((answers: () => Answers) => declare(answers, all), {
    model: options,
    checks: (answers: () => object) => declare(answers, checks),
  });
}

interface Check {
  readonly title: string;
  readonly test: (model: GradedModel) => Promise<void>;
}

function checksOf({ images, maxParameters, maxBytes, question }: ModelRequirements & { question: string }) {
  const { inputShape, classNames } = images;
  const numClasses = classNames.length;
  const checks: readonly Check[] = [
    {
      title: `${modelFolder(question)} holds a model that can be read`,
      test: async (model) => {
        await model.facts();
      },
    },
    {
      title: `takes images of ${inputShape.join(' x ')} and gives ${numClasses} numbers`,
      test: async (model) => {
        const facts = await model.facts();
        const got = `it takes ${facts.inputShape.join(' x ')} and gives ${facts.outputShape.join(' x ')}`;
        assert.ok(String(facts.inputShape) === String(inputShape), got);
        assert.ok(String(facts.outputShape) === String(numClasses), got);
      },
    },
    {
      title: 'has the classes in the order of the labels',
      test: async (model) => {
        const { classNames: names } = await model.facts();
        if (names.every((name, i) => name === `class ${i}`)) return; // the file names none
        const at = classNames.findIndex((name, i) => names[i] !== name);
        assert.ok(at < 0, `output ${at}: expected ${classNames[at]}, got ${names[at]}`);
      },
    },
    {
      title: `has at most ${maxParameters.toLocaleString('en')} weights`,
      test: async (model) => {
        const { parameters } = await model.facts();
        assert.ok(parameters <= maxParameters, `it has ${parameters.toLocaleString('en')}`);
      },
    },
    {
      title: `takes at most ${maxBytes.toLocaleString('en')} bytes`,
      test: async (model) => {
        const bytes = await model.bytes();
        assert.ok(bytes > 0, 'there are no files');
        assert.ok(bytes <= maxBytes, `its files take ${bytes.toLocaleString('en')}`);
      },
    },
    { title: 'gives a probability for each class', test: (model) => model.tryOut(numClasses) },
  ];
  return checks.map(({ title, test }) => ({ title: `${title} [0 points]`, test }));
}

function bandTests({ bands, images }: ModelRequirements, checks: readonly Check[]): readonly Check[] {
  return bands.map(({ accuracy, points }, at) => {
    const worth = Number((points - (bands[at - 1]?.points ?? 0)).toFixed(4));
    return {
      title: `is right on ${percent(accuracy)} of the held-out images [${worth} ${worth === 1 ? 'point' : 'points'}]`,
      test: async (model) => {
        for (const { title, test } of checks) {
          await test(model).catch((error: unknown) => {
            if (!(error instanceof assert.AssertionError)) throw error;
            assert.fail(`not measured: it fails "${title.replace(/ \[.*/, '')}"`);
          });
        }
        const measured = await model.measure(images.classNames.length);
        const got = `it is right on ${percent(measured.accuracy, 2)} of ${measured.count.toLocaleString('en')}`;
        assert.ok(measured.accuracy >= accuracy, got);
      },
    };
  });
}

/** The highest band that an accuracy reaches; undefined below the lowest. */
export function bandOf(bands: readonly Band[], accuracy: number): Band | undefined {
  return bands.filter((band) => accuracy >= band.accuracy).at(-1);
}

export function percent(share: number, digits?: number): string {
  return `${digits === undefined ? Number((100 * share).toFixed(4)) : (100 * share).toFixed(digits)} %`;
}
