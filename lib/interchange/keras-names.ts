/** TensorFlow.js's names of activations that are not Keras'. */
const activations: Readonly<Record<string, string>> = { swish: 'silu', logSoftmax: 'log_softmax' };

/** Keras' name of an activation. */
export function kerasActivation(name: string): string {
  return activations[name] ?? name;
}

/** TensorFlow.js's name of what stands in Keras' files as an activation; the older Keras 2 has `swish`, too. */
export function activationFrom(value: unknown): unknown {
  return Object.keys(activations).find((name) => activations[name] === value) ?? value;
}

/** Keras' name of an option: `kernelSize` is `kernel_size`. */
export function kerasNameOf(className: string, option: string): string {
  if (className === 'LeakyReLU' && option === 'alpha') return 'negative_slope'; // Keras 2 has `alpha`, too
  return option.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

/** The other way round. */
export function optionNameOf(className: string, key: string): string {
  if (className === 'LeakyReLU' && key === 'negative_slope') return 'alpha';
  return key.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
}

/** Under which name Keras files the weights of a layer: `BatchNormalization` is `batch_normalization`, `ReLU` `re_lu`. */
export function snakeCase(className: string): string {
  return className
    .replace(/(.)([A-Z][a-z]+)/g, '$1_$2')
    .replace(/([a-z])([A-Z])/g, '$1_$2')
    .toLowerCase();
}
