import type { Normalization } from '../data';
import type { NetworkToBuild } from './build-network';
import type { Network, NetworkLayer } from './network';

/**
 * `network` from bytes to probabilities, so that any program can use it as it is: with a layer that normalizes behind the
 * input, and a softmax at the end where it has none. The first is of a kind of its own, `Normalization`: x * scale +
 * offset, a number a channel each.
 */
export function withPreprocessing(network: Network, { mean, std }: Normalization): Network {
  const [input, ...rest] = network.layers;
  const normalization = {
    name: freeName('normalization', network),
    className: 'Normalization',
    // The factors of `normalizeBytes`.
    config: { scale: std.map((each) => 1 / (255 * each)), offset: mean.map((each, c) => -each / std[c]) },
    inputs: [input.name],
    outputShape: input.outputShape,
    weights: {},
  };
  const moved = rest.map((layer) => ({
    ...layer,
    inputs: layer.inputs.map((name) => (name === input.name ? normalization.name : name)),
  }));
  return { ...network, layers: [input, normalization, ...moved, ...softmaxFor(network)] };
}

/** The other way round; the normalization is undefined for a network that does not begin with one. */
export function withoutPreprocessing(network: NetworkToBuild): {
  readonly network: NetworkToBuild;
  readonly normalization?: Normalization;
} {
  const layers = [...network.layers];
  const last = layers[layers.length - 1];
  if (last?.className === 'Softmax' && last.name.startsWith(softmaxName)) layers.pop();
  const [input, first, ...rest] = layers;
  const normalization = normalizationOf(first, network.inputShape[2]);
  if (!normalization) return { network: { ...network, layers } };
  const moved = rest.map((layer) => ({
    ...layer,
    inputs: layer.inputs.map((name) => (name === first.name ? input.name : name)),
  }));
  return { network: { ...network, layers: [input, ...moved] }, normalization };
}

const softmaxName = 'probabilities';

function softmaxFor(network: Network): NetworkLayer[] {
  const last = network.layers[network.layers.length - 1];
  if (last.className === 'Softmax' || last.config.activation === 'softmax') return [];
  return [
    {
      name: freeName(softmaxName, network),
      className: 'Softmax',
      config: { axis: -1 },
      inputs: [last.name],
      outputShape: last.outputShape,
      weights: {},
    },
  ];
}

function freeName(name: string, network: Network): string {
  return network.layers.some((layer) => layer.name === name) ? freeName(`${name}_`, network) : name;
}

/** What a layer that scales the input means for bytes; undefined for any other, and for one that cannot be undone. */
function normalizationOf(layer: NetworkToBuild['layers'][number] | undefined, channels: number) {
  if (layer?.className !== 'Normalization' && layer?.className !== 'Rescaling') return undefined;
  const scale = [layer.config.scale].flat() as number[];
  const offset = [layer.config.offset].flat() as number[];
  if (![scale, offset].every(({ length }) => length === 1 || length === channels)) return undefined;
  const std: number[] = [];
  const mean: number[] = [];
  for (let c = 0; c < channels; c++) {
    std.push(1 / (255 * (scale[c] ?? scale[0])));
    mean.push(0 - (offset[c] ?? offset[0]) * std[c]); // not -0
  }
  if (![...std, ...mean].every(Number.isFinite) || !std.every((each) => each > 0)) return undefined;
  const plain = mean.every((each) => each === 0) && std.every((each) => each === 1);
  return { kind: plain ? 'scale' : 'standardize', mean, std } as const;
}
