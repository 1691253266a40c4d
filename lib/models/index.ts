export { buildBaseline, type ModelOptions } from './baseline';
export { buildModel, modelNames } from './build';
export { type LayerRow, layerRows } from './summary';
