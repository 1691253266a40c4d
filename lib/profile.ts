/** How much work a notebook does: `quick` takes minutes on two cores, `full` trains on all of the data. */
export type Profile = 'quick' | 'full';

/** The profile of this run: `COURSE_PROFILE`, or `quick`. */
export function currentProfile(): Profile {
  const profile = process.env.COURSE_PROFILE || 'quick';
  if (profile !== 'quick' && profile !== 'full') {
    throw new Error(`COURSE_PROFILE: expected quick or full, got ${profile}`);
  }
  return profile;
}

/** The value that belongs to the current profile: `byProfile({ quick: 2, full: 10 })`. */
export function byProfile<T>(values: Readonly<Record<Profile, T>>): T {
  return values[currentProfile()];
}
