export { bfloat16Instructions } from './bfloat16';
export { type BackendOptions, useBackend } from './choose';
export { builtNativeFolder, type NativeProbe, npmNativeFolder, probeNative } from './native';
export { type BackendName, type BackendReport, backendNames, type SkippedBackend } from './report';
