import type { ImageDataset } from '../../data';
import { GradedModel } from './graded-model';
import type { HandedInModel } from './handed-in';
import { type ModelTests, modelToGrade } from './model-tests';
import type { OpenedModel } from './open-model';

/** A model that was copied to a folder which its sandbox may read. */
export interface SubmittedModel {
  readonly model: HandedInModel;
  readonly folder: string;
}

/** What runs in the sandbox in place of a student's code. */
export const modelAnswerCode = `
const { useBackend } = require('course/backend');
const { openModel } = require('course/grading/model');
exports.start = async () => void (await useBackend());
exports.open = (folder) => openModel(folder);
`;

/** What that code exports, as it looks from outside. */
interface Sandboxed {
  readonly start: () => Promise<void>;
  readonly open: (folder: string) => Promise<OpenedModel>;
}

/** What the tests of a model need: the images, and the sandbox ready to open it. What fails here is nobody's answer. */
export async function modelAnswers(
  { model: { images, question } }: ModelTests<object>,
  { submitted, sandbox }: { readonly submitted: SubmittedModel; readonly sandbox: object },
): Promise<object> {
  const { start, open } = sandbox as Sandboxed;
  await start();
  const heldOut: ImageDataset = await images.heldOut();
  const model = new GradedModel({
    question,
    find: async () => submitted.model,
    open: () => open(submitted.folder),
    images: async () => heldOut,
  });
  return { [modelToGrade]: model };
}
