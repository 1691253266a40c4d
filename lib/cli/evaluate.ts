import { mkdir } from 'node:fs/promises';
import { basename, dirname, resolve } from 'node:path';
import * as tf from '@tensorflow/tfjs';
import { Command, Option } from 'commander';
import { writeError, writeFileAtomically } from '../atomic-file';
import { type BackendReport, useBackend } from '../backend';
import { type ImageDataset, loadDataset, splitTrainValidation, takeStratified } from '../data';
import { CourseError } from '../errors';
import { type Classifier, loadClassifier } from '../interchange';
import { measure, renderReport, type Subject } from '../report';
import type { Environment, TrainingConfig } from '../runs';
import { type Views, viewNames } from '../training';
import { jsonOf, textOf } from './evaluation-output';
import { count } from './format';
import { commandLine, defaultModelFolder, positiveInteger } from './options';
import { ProgressBar } from './progress-bar';

interface EvaluateCommandOptions {
  readonly dataset: string;
  readonly views?: Views;
  readonly top: number;
  readonly report?: string;
  readonly compare?: string;
  readonly robustness?: number | true;
  readonly json?: boolean;
}

/** `course evaluate`: all that can be said of a saved model from a dataset's test images. */
export function evaluateCommand(): Command {
  return new Command('evaluate')
    .description("measure a saved model on a dataset's test images")
    .argument('[model]', 'folder of the model or run (default: the newest run)')
    .option('--dataset <name>', 'cifar10 or fashion-mnist', 'cifar10')
    .addOption(
      new Option('--views <name>', 'how the images are looked at (default: as in training)').choices(
        viewNames,
      ),
    )
    .option('--top <k>', 'also tell how often the label is among the k most probable', positiveInteger, 5)
    .option('--compare <model>', "test whether another model is better or worse: McNemar's test")
    .option(
      '--robustness [images]',
      'also on so many test images moved, noisy, blurred, brighter, darker (default: 2000)',
      positiveInteger,
    )
    .option('--report <file>', 'write it all as an HTML page that stands alone')
    .option('--json', 'print the result as JSON')
    .action(runEvaluate);
}

async function runEvaluate(folder: string | undefined, options: EvaluateCommandOptions): Promise<void> {
  const { dataset, views, top, report, compare, robustness, json } = options;
  if (report !== undefined) await makeFolderFor(report); // before minutes of computing
  const bar = new ProgressBar();
  const backend = await useBackend();
  const place = folder ?? (await defaultModelFolder(dataset));
  const classifier = await loadClassifier(place);
  const rival = compare === undefined ? undefined : await loadClassifier(compare);
  const { train, test } = await loadDataset(dataset, { onProgress: bar.update }).finally(bar.end);
  const [name, rivalName] = namesOf(place, compare);
  const subject = subjectOf(classifier, { name, test, views });
  const images = robustness === true ? 2000 : robustness;
  const measurements = await measure(subject, test, {
    k: top,
    validation: report === undefined ? undefined : validationOf(classifier, train),
    other: rival && subjectOf(rival, { name: rivalName, test, views }),
    robustnessOn: images === undefined ? undefined : takeStratified(test, { count: images }),
    onProgress: bar.update,
  }).finally(bar.end);
  if (report !== undefined) {
    const facts = factsOf(classifier, { test, subject, place, backend });
    await writeFileAtomically(report, await renderReport({ name, test, measurements, facts }));
  }
  if (json) console.log(JSON.stringify(jsonOf(measurements, test)));
  else for (const line of textOf(measurements, { test, name, report })) console.log(line);
}

async function makeFolderFor(file: string): Promise<void> {
  await mkdir(dirname(file), { recursive: true }).catch((error) => {
    throw writeError(file, error);
  });
}

/** The folders' own names, by which people know the models, or the whole paths where these are alike. */
function namesOf(place: string, other = ''): [name: string, other: string] {
  const [first, second] = [place, other].map((path) => basename(resolve(path)));
  return first === second ? [place, other] : [first, second];
}

/** The model as it is to be judged. Throws a CourseError where it is not for such images or has other classes. */
function subjectOf(
  { model, normalization, classNames, training }: Classifier,
  { name, test, views }: { readonly name: string; readonly test: ImageDataset; readonly views?: Views },
): Subject {
  const refuse = (problem: string) => {
    throw new CourseError(`${name}: ${problem}; choose another --dataset or another model`);
  };
  const expected = model.inputs[0].shape.slice(1).join(' x ');
  const got = [test.height, test.width, test.channels].join(' x ');
  if (expected !== got) refuse(`the model expects images of ${expected}, ${test.name} has ${got}`);
  const outputs = model.outputs[0].shape[1];
  const classes = test.classNames;
  if (outputs !== classes.length) {
    refuse(`the model tells ${outputs} classes apart, ${test.name} has ${classes.length}`);
  }
  const c = classes.findIndex((className, i) => className !== classNames[i]);
  if (c >= 0) refuse(`class ${c} of the model is ${classNames[c]}, that of ${test.name} is ${classes[c]}`);
  return { name, model, normalization, views: views ?? configOf(training)?.views };
}

/** What the model was trained with, where it is told; read from a file, so anything may be missing. */
function configOf(training: Classifier['training']): Partial<TrainingConfig> | undefined {
  return training.config as Partial<TrainingConfig> | undefined;
}

/** The images that were set apart when the model was trained; undefined where there are none or nothing tells them. */
function validationOf({ training }: Classifier, train: ImageDataset): ImageDataset | undefined {
  const { dataset, validationCount, seed } = configOf(training) ?? {};
  if (dataset !== train.name || !validationCount) return undefined;
  return splitTrainValidation(train, { validationCount, seed }).validation;
}

function factsOf(
  { model, training }: Classifier,
  {
    test,
    subject,
    place,
    backend,
  }: {
    readonly test: ImageDataset;
    readonly subject: Subject;
    readonly place: string;
    readonly backend: BackendReport;
  },
): readonly (readonly [string, string])[] {
  const config = configOf(training);
  const environment = training.environment as Partial<Environment> | undefined;
  const trained = [
    config?.model,
    config?.epochs && `${config.epochs} epochs`,
    config?.seed && `seed ${config.seed}`,
    environment?.date?.slice(0, 10),
  ].filter(Boolean);
  return [
    ['model', `${place}, ${count(model.countParams())} parameters`],
    ...(trained.length > 0 ? [['trained', trained.join(', ')] as const] : []),
    [
      'images',
      `${count(test.count)} test images of ${test.name}, ${test.height} x ${test.width} x ${test.channels}`,
    ],
    ['views of each image', subject.views ?? 'single'],
    ['command', commandLine()],
    ['date', new Date().toISOString()],
    ['computed by', `${backend.version}, ${backend.device}`],
    ['versions', `TensorFlow.js ${tf.version.tfjs}, Node ${process.versions.node}`],
  ];
}
