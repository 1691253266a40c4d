export { type ModelImages, publishedImages } from './images';
export { type Band, type ModelRequirements, modelTests } from './model-tests';
export { type ModelFacts, type OpenedModel, openModel } from './open-model';
