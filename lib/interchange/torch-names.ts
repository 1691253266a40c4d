import type { NetworkOutline } from './network-outline';

/**
 * The names of a PyTorch module's parts, by the names of the network's layers. Nearly all are the same; a layer that nobody
 * gave a name is called by its kind and number, such as `conv1` or `dense2`.
 */
export function moduleNames({ layers }: NetworkOutline): ReadonlyMap<string, string> {
  const taken = new Set(layers.map(({ name }) => name));
  const counts = new Map<string, number>();
  const next = (word: string): string => {
    const count = (counts.get(word) ?? 0) + 1;
    counts.set(word, count);
    return taken.has(`${word}${count}`) ? next(word) : `${word}${count}`;
  };
  return new Map(
    layers.map(({ name, className }) => [
      name,
      isAutomatic(name, className) ? next(words.get(className) ?? className.toLowerCase()) : name,
    ]),
  );
}

const words: ReadonlyMap<string, string> = new Map([
  ['Conv2D', 'conv'],
  ['DepthwiseConv2D', 'depthwise'],
  ['SeparableConv2D', 'separable'],
  ['Dense', 'dense'],
  ['BatchNormalization', 'norm'],
  ['LayerNormalization', 'norm'],
]);

/** Whether TensorFlow.js made up the name, such as `conv2d_Conv2D7`: the 7th of the process, not of the network. */
function isAutomatic(name: string, className: string): boolean {
  const start = name.lastIndexOf(`_${className}`);
  return start > 0 && /^\d+$/.test(name.slice(start + 1 + className.length));
}
