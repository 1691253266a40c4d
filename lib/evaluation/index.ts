export { mostProbable, type Predictions, type PredictOptions, predict, predictImages } from './predictions';
