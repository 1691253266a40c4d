/** The shape of a convolution's kernel: height, width, channels in, channels out. */
export type KernelShape = readonly [number, number, number, number];

/**
 * A copy of `kernel` whose first output channels hand on the input channels as they are: channel i of the output is 1
 * at the middle of the window in channel i of the input and 0 elsewhere. Output channels beyond the number of input
 * channels stay as they were. A deep network of such convolutions starts out by letting its input through.
 * Zagoruyko and Komodakis, https://arxiv.org/abs/1706.00388; with the rest random, as in airbench,
 * https://arxiv.org/abs/2404.00498.
 *
 * @param kernel [height, width, channels in, channels out], row-major
 */
export function diracKernel(kernel: Float32Array, { shape }: { readonly shape: KernelShape }): Float32Array {
  const [height, width, channelsIn, channelsOut] = shape;
  const size = height * width * channelsIn * channelsOut;
  if (kernel.length !== size)
    throw new RangeError(
      `expected ${size} numbers for a kernel of ${shape.join(' x ')}, got ${kernel.length}`,
    );
  const handedOn = Math.min(channelsIn, channelsOut);
  const result = Float32Array.from(kernel, (value, i) => (i % channelsOut < handedOn ? 0 : value));
  const middle = Math.floor(height / 2) * width + Math.floor(width / 2);
  for (let c = 0; c < handedOn; c++) result[(middle * channelsIn + c) * channelsOut + c] = 1;
  return result;
}
