export { type Classifier, loadClassifier, saveClassifier } from './classifier';
