// @ts-check
/// <reference lib="dom" />

/** Two falling tones, a third apart: E5, then C5. In hertz, and when each begins, in seconds. */
const tones = [
  { hertz: 659.26, at: 0 },
  { hertz: 523.25, at: 0.55 },
];
/** A bell is more than its lowest tone: overtones by how many times as high, how loud, and how long they ring. */
const partials = [
  { times: 1, loud: 0.5, seconds: 1.6 },
  { times: 2, loud: 0.16, seconds: 0.9 },
  { times: 3.01, loud: 0.06, seconds: 0.5 },
];
const attackSeconds = 0.012;
/** A gong that would come later than this after its call does not come at all, in milliseconds. */
const lateMs = 200;

/** @type {AudioContext | undefined} */
let audio;

/**
 * Whether the browser allows sound: a kiosk needs `--autoplay-policy=no-user-gesture-required`.
 *
 * @param {number} patienceMs how long it is waited for: the sound of a small machine takes its time to start
 * @param {() => void} [changed] is called when that has changed, as where sound starts late
 * @returns {Promise<boolean>}
 */
export async function mayRing(patienceMs, changed) {
  audio ??= new AudioContext();
  if (changed) audio.onstatechange = changed;
  if (audio.state !== "running") {
    // Without permission `resume` stays pending.
    void audio.resume();
    await new Promise((resolve) => setTimeout(resolve, patienceMs));
  }
  return audio.state === "running";
}

/**
 * Rings once. Where the browser allows no sound nothing rings, and nothing is rung late.
 *
 * @returns {Promise<boolean>} whether it rang
 */
export async function gong() {
  if (!(await mayRing(lateMs)) || !audio) return false;
  for (const { hertz, at } of tones)
    for (const partial of partials) ring(audio, hertz, audio.currentTime + at, partial);
  return true;
}

/**
 * @param {AudioContext} context
 * @param {number} hertz
 * @param {number} at
 * @param {typeof partials[number]} partial
 */
function ring(context, hertz, at, { times, loud, seconds }) {
  const oscillator = new OscillatorNode(context, { frequency: hertz * times });
  const volume = new GainNode(context, { gain: 0 });
  volume.gain.setValueAtTime(0.0001, at);
  volume.gain.exponentialRampToValueAtTime(loud, at + attackSeconds);
  volume.gain.exponentialRampToValueAtTime(0.0001, at + seconds);
  oscillator.connect(volume).connect(context.destination);
  oscillator.start(at);
  oscillator.stop(at + seconds);
}
