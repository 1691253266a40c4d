export { buildBaseline, type ModelOptions } from './baseline';
export { buildModel, modelNames } from './build';
export { type Flop, flopPerImage, type LayerWork, layerWork } from './flops';
export { type LayerRow, layerRows } from './summary';
