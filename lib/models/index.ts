export { type AirbenchOptions, buildAirbench, freezeFixedWeights } from './airbench';
export { buildBaseline, type ModelOptions } from './baseline';
export { buildModel, type ModelName, type ModelOptionsByName, modelNames, type OptionsOf } from './build';
export { diracKernel, type KernelShape } from './dirac';
export { type Flop, flopPerImage, type LayerWork, layerWork } from './flops';
export { buildMobilenet, type MobilenetOptions } from './mobilenet';
export { fetchMobilenet, loadMobilenet, type MobilenetSource } from './mobilenet-download';
export { buildRegularized, type RegularizedOptions } from './regularized';
export { buildResnet, type ResnetOptions } from './resnet';
export { type LayerRow, layerRows } from './summary';
export { buildVgg, type VggOptions } from './vgg';
export {
  fitWhitening,
  fitWhiteningOn,
  type NormalizedImages,
  setWhitening,
  type Whitening,
  type WhiteningOptions,
} from './whitening';
