import type { MimeBundle, Notebook } from '../../lib/figures';

/** Two images of 2 x 2 pixels: one red and one blue, of the classes `red` and `<blue>`. */
export function tinyDataset() {
  const red = [255, 0, 0];
  const blue = [0, 0, 255];
  return {
    name: 'tiny',
    height: 2,
    width: 2,
    channels: 3,
    classNames: ['red', '<blue>'],
    count: 2,
    labels: Uint8Array.from([0, 1]),
    rows: Uint32Array.from([0, 1]),
    pixels: Uint8Array.from([red, red, red, red, blue, blue, blue, blue].flat()),
  };
}

/** A notebook that remembers each output's contents, first to last. */
export function fakeNotebook() {
  const outputs: { bundle: MimeBundle; metadata?: object }[][] = [];
  const notebook: Notebook = {
    output: () => {
      const contents: (typeof outputs)[number] = [];
      outputs.push(contents);
      return (bundle, metadata) => contents.push({ bundle, metadata });
    },
  };
  return { notebook, outputs };
}
