/** Names under which a trial's system attributes keep what samplers, pruners and workers must tell each other. */

/** Parameters that a trial was given beforehand; Optuna's name. */
export const fixedParamsKey = 'fixed_params';

/** What was chosen together before it was asked for, in pieces of 2045 characters of JSON, `KEY:0`, `KEY:1`; Optuna's. */
export const togetherKey = 'tpe:relative_params';

/** Optuna's names, as its RetryHeartbeatStaleTrialCallback writes them: earlier attempts at this trial, and the first. */
export const retryHistoryKey = 'retry_history';
export const firstAttemptKey = 'failed_trial';

/** Whose a running trial is. */
export const ownerKey = 'course:owner';

/** When its worker last gave a sign of life. */
export const aliveKey = 'course:alive';

/** Why it failed. */
export const failReasonKey = 'fail_reason';
