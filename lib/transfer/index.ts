export { AdaptImages, type AdaptImagesOptions } from './adapt-images';
export { type Base, loadBase, numFeatures, withoutTop } from './base';
export {
  loadTransferData,
  type Parts,
  type TransferData,
  type TransferDataOptions,
  takePerClass,
} from './data';
export { runTransfer, type TransferOptions } from './experiment';
export { cachedFeatures, computeFeatures, type FeatureOptions, type Features, featuresKey } from './features';
export { type FineTuneOptions, fineTune, freezeBefore, type Tuned } from './fine-tune';
export { foldBatchNorm } from './fold-batch-norm';
export { type FromScratchOptions, type Trained, trainFromScratch } from './from-scratch';
export { chooseHead, fitHead, type HeadOptions, type HeadTrial, headAccuracy, l2Grid } from './head';
export { buildOnBase, type Head, type ImageShape, type Network } from './network';
export {
  readTransfer,
  recordedTransfer,
  summarizeTransfer,
  type TransferMethod,
  type TransferResult,
  type TransferRun,
  type TransferSummary,
  transferMethods,
} from './result';
export { settingsFor, type TransferSettings } from './settings';
export { disposeTrained } from './train-network';
