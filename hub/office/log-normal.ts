/**
 * How long something takes that is never negative and sometimes takes much longer: its logarithm is normal. Service times
 * at desks and telephones are like that (Brown et al., "Statistical Analysis of a Telephone Call Center", JASA 2005).
 */
export interface LogNormal {
  /** Mean and standard deviation of the logarithm. */
  location: number;
  scale: number;
}

/** Below this the distribution is a point, and nothing may be divided by it. */
const leastScale = 1e-3;
/** What is left of a distribution beyond this is too little to reckon with. */
const leastRest = 1e-6;

export function logNormal(mean: number, variance: number): LogNormal {
  const scale2 = Math.log(1 + variance / (mean * mean));
  return { location: Math.log(mean) - scale2 / 2, scale: Math.max(Math.sqrt(scale2), leastScale) };
}

/** The standard normal distribution function, to 10⁻⁷ (Abramowitz and Stegun, 7.1.26). */
export function normal(z: number): number {
  const x = Math.abs(z) / Math.SQRT2;
  const t = 1 / (1 + 0.3275911 * x);
  const series = t * (0.254829592 + t * (-0.284496736 + t * (1.421413741 + t * (-1.453152027 + t * 1.061405429))));
  const tail = (series * Math.exp(-x * x)) / 2;
  return z > 0 ? 1 - tail : tail;
}

/** The probability that it takes longer than this. */
export const longerThan = ({ location, scale }: LogNormal, time: number) =>
  time <= 0 ? 1 : normal((location - Math.log(time)) / scale);

/** The probability that it is over within `more`, having taken `sofar` already. */
export function overWithin(time: LogNormal, sofar: number, more: number): number {
  const rest = longerThan(time, sofar);
  return rest < leastRest ? 1 : 1 - longerThan(time, sofar + more) / rest;
}

/** What is to be expected beyond `sofar`: the longer something has taken, the longer it will still take. */
export function meanRest(time: LogNormal, sofar: number): number {
  const { location, scale } = time;
  const mean = Math.exp(location + (scale * scale) / 2);
  if (sofar <= 0) return mean;
  const rest = longerThan(time, sofar);
  if (rest < leastRest) return mean;
  const beyond = normal((location + scale * scale - Math.log(sofar)) / scale);
  return (mean * beyond) / rest - sofar;
}
