import { join } from 'node:path';
import { runTests, type TestResult } from '../testing';
import { GradedModel } from './graded-model';
import { modelFolder, modelIn } from './handed-in';
import { bandOf, type ModelTests, modelToGrade, percent } from './model-tests';
import { openModel } from './open-model';
import type { Trained } from './rehearsal';

/** How a model does that a notebook saved: its checks and, where it passes them, what it may expect, in a sentence. */
export interface CheckedModel {
  readonly results: readonly TestResult[];
  readonly note?: string;
}

/**
 * Has an answer save its network in `models/QUESTION` of `place`, by default the working folder, which is the notebook's,
 * and looks at what is there now. The accuracy is that on validation images: those for the grade are not to be chosen by.
 */
export async function checkModel(
  { checks, model: options }: ModelTests<object>,
  { answers, place = process.cwd() }: { readonly answers: object; readonly place?: string },
): Promise<CheckedModel> {
  const { question, bands, images, save } = options;
  const folder = join(place, modelFolder(question));
  const model = new GradedModel({
    question,
    find: async () => {
      await save(answers as object & Trained, folder);
      return modelIn(folder, question);
    },
    open: () => openModel(folder),
    images: images.validation,
  });
  try {
    const results = await runTests(checks, { answers: { [modelToGrade]: model }, includeHidden: false });
    if (results.some(({ status }) => status !== 'passed')) return { results };
    const { accuracy, count } = await model.measure(images.classNames.length);
    const best = bands[bands.length - 1].points;
    const points = bandOf(bands, accuracy)?.points ?? 0;
    const [right, of] = [percent(accuracy, 1), count.toLocaleString('en')];
    const note = `right on ${right} of ${of} validation images: ${points} of ${best} points, if it does as well on the held-out images`;
    return {
      results,
      note: `${note}\nhand in the folder ${modelFolder(question)} together with the notebook`,
    };
  } finally {
    await model.dispose();
  }
}
