import { createReadStream } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type * as tf from '@tensorflow/tfjs';
import type { DatasetSpec } from '../data/catalogue';
import { fetchFiles } from '../data/download/fetch';
import { download } from '../data/download/http';
import type { DataSource } from '../data/download/source';
import { checkFiles } from '../data/download/verify';
import { CourseError } from '../errors';
import { dataFolder } from '../paths';
import type { OnProgress } from '../progress';
import { buildMobilenet, type MobilenetOptions } from './mobilenet';
import { mobilenetFiles, mobilenetUrl } from './mobilenet-files';
import { type MobilenetWeights, readMobilenetWeights, setMobilenetWeights } from './mobilenet-weights';

export interface MobilenetSource {
  /** A folder with the weights as TensorFlow.js publishes them; default `COURSE_MOBILENET`, else they are downloaded. */
  readonly weights?: string;
  /** The data folder, where a download is kept. */
  readonly folder?: string;
  /** Where it is downloaded from; default where TensorFlow publishes it. */
  readonly url?: string;
  /** What is downloaded; default alpha 0.25. */
  readonly files?: DatasetSpec;
  readonly onProgress?: OnProgress;
  readonly signal?: AbortSignal;
}

/**
 * MobileNet V1 as it was trained on ImageNet, for inputs of -1 to 1, with the dense layer for ImageNet's 1000 classes.
 * Throws a CourseError, naming the file, for weights that are damaged, cannot be had, or are those of another network.
 */
export async function loadMobilenet({
  inputShape = [224, 224, 3],
  ...source
}: MobilenetSource & Partial<Pick<MobilenetOptions, 'inputShape'>> = {}): Promise<tf.LayersModel> {
  const folder = source.weights ?? (process.env.COURSE_MOBILENET || (await fetchMobilenet(source)));
  const weights = await readMobilenetWeights(folder, source);
  const model = buildMobilenet({ inputShape, ...sizesOf(weights) });
  try {
    setMobilenetWeights(model, weights);
    return model;
  } catch (error) {
    model.dispose();
    throw new CourseError(`${folder}: expected the weights of MobileNet V1: ${(error as Error).message}`);
  }
}

/**
 * Brings the published weights into the data folder, each file verified, and answers where they are. Only what is missing
 * or damaged is downloaded.
 */
export async function fetchMobilenet({
  folder = dataFolder(),
  url = mobilenetUrl,
  files = mobilenetFiles,
  ...options
}: Omit<MobilenetSource, 'weights'> = {}): Promise<string> {
  let reason = '';
  const source: DataSource = {
    name: url,
    fetch: async (wanted, job) => {
      for (const file of wanted) {
        const part = join(job.partials, `${file.name}.part`);
        try {
          await download(`${url}/${file.name}`, part, { ...job, label: `downloading ${file.name}` });
          await job.deliver(file, createReadStream(part));
        } catch (error) {
          reason = (error as Error).message;
          throw error;
        } finally {
          await rm(part, { force: true }); // a few kilobytes: not worth to be continued
        }
      }
    },
  };
  const problems = await checkFiles(files, { folder });
  try {
    return (await fetchFiles(files, { folder, sources: [source], stallMs: 20_000, ...options })).folder;
  } catch (error) {
    if (!reason || !(error instanceof CourseError)) throw error;
    const damaged = problems.find(({ kind }) => kind === 'damaged');
    throw new CourseError(
      `MobileNet's weights: ${damaged?.message ?? `${problems.length} files are not there yet`}, and the download ` +
        `failed (${reason}); connect to the network, or give a folder that has them: --weights FOLDER or COURSE_MOBILENET`,
    );
  }
}

/** Width and number of classes, told by the first and the last weights. */
function sizesOf(weights: MobilenetWeights): Pick<MobilenetOptions, 'alpha' | 'numClasses'> {
  const filters = weights.get('conv1/kernel')?.shape[3] ?? 32;
  const numClasses = weights.get('conv_preds/kernel')?.shape.at(-1);
  return { alpha: filters / 32, numClasses };
}
