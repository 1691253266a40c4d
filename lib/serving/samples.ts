import { catalogue } from '../data/catalogue';
import { gather, type ImageDataset } from '../data/dataset';
import { loadTestImages } from '../data/load';
import { encodePicture } from './encode-picture';

/** A picture to try the page with. */
export interface Sample {
  readonly className: string;
  /** PNG, as a data URL. */
  readonly source: string;
}

/**
 * A test image of each class, at most ten, for a model that tells the classes of one of the course's datasets apart; none
 * for another model, or where the images are not on this machine.
 */
export async function loadSamples(classNames: readonly string[]): Promise<readonly Sample[]> {
  for (const name of Object.keys(catalogue)) {
    const test = await loadTestImages(name, { download: false }).catch(() => undefined);
    if (test?.classNames.join() === classNames.join()) return Promise.all(firstOfEach(test));
  }
  return [];
}

function firstOfEach(test: ImageDataset): Promise<Sample>[] {
  return test.classNames.slice(0, 10).map(async (className, c) => {
    const image = gather(test, [test.labels.indexOf(c)]);
    return { className, source: await encodePicture(image) };
  });
}
