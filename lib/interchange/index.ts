export { buildNetwork, type NetworkToBuild } from './build-network';
export { type Classifier, loadClassifier, saveClassifier } from './classifier';
export {
  type ExportFormatName,
  exportClassifier,
  exportFormats,
  extensionOf,
  importClassifier,
  loadingLine,
} from './formats';
export type { ImportOptions } from './model-file';
export { describeNetwork, type Network, type NetworkLayer, type NetworkWeight } from './network';
