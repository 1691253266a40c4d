import type { Servable } from '../servable';

/** The inputs and outputs of a network as TensorFlow Serving describes them, as its exported SavedModel has them. */
export function signatureDef({ inputShape, classNames }: Pick<Servable, 'inputShape' | 'classNames'>) {
  return {
    serving_default: {
      inputs: { image: tensorInfo('image', inputShape) },
      outputs: { probabilities: tensorInfo('probabilities', [classNames.length]) },
      method_name: 'tensorflow/serving/predict',
    },
  };
}

function tensorInfo(name: string, shape: readonly number[]) {
  const sizes = [-1, ...shape];
  return {
    dtype: 'DT_FLOAT',
    tensor_shape: { dim: sizes.map((size) => ({ size: `${size}`, name: '' })), unknown_rank: false },
    name: `${name}:0`,
  };
}
