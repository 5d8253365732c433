/** The keys of a slider, as the ARIA pattern of that name has them. */

/** The place that a key goes to from the place `at` of `count`; undefined of keys that move nothing. */
export function sliderPlace(key: string, at: number, count: number): number | undefined {
  const page = Math.max(1, Math.round(count / 10));
  const to = {
    ArrowLeft: at - 1,
    ArrowDown: at - 1,
    ArrowRight: at + 1,
    ArrowUp: at + 1,
    PageDown: at - page,
    PageUp: at + page,
    Home: 0,
    End: count - 1,
  }[key];
  return to === undefined || count === 0 ? undefined : Math.min(count - 1, Math.max(0, to));
}
