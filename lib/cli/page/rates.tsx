/**
 * Rates, from figures that only rise: how much a second, and how that went the last minute.
 */
import type { JSX } from 'preact'

const samplesMax = 120
const smoothMs = 1_500

type Track = { at: number; value: number; samples: number[]; rate: number }

const tracks = new Map<string, Track>()

/** What of a figure came a second, of late; a figure that fell began anew. */
export function perSecond(key: string, value: number): number {
  const now = performance.now()
  const track = tracks.get(key)
  if (track === undefined) {
    tracks.set(key, { at: now, value, samples: [], rate: 0 })
    return 0
  }
  const ms = now - track.at
  if (ms < 200) return track.rate
  const rate = (Math.max(0, value - track.value) * 1_000) / ms
  const share = Math.min(1, ms / smoothMs)
  track.rate += (rate - track.rate) * share
  track.at = now
  track.value = value
  track.samples.push(track.rate)
  if (track.samples.length > samplesMax) track.samples.shift()
  return track.rate
}

/** Forgets what was seen of another host. */
export function forgetRates(): void {
  tracks.clear()
}

/** A figure's rate with its course. */
export function Rate({ label, name, value, shown }: { label: string; name: string; value: number; shown: (rate: number) => string }): JSX.Element {
  const rate = perSecond(name, value)
  const samples = tracks.get(name)?.samples ?? []
  const most = Math.max(1, ...samples)
  const points = samples.map((sample, i) => `${((i + samplesMax - samples.length) * 100) / (samplesMax - 1)},${27 - (sample / most) * 24}`).join(' ')
  return (
    <div class="rate">
      <span class="label">{label}</span>
      <b>{shown(rate)}</b>
      <svg viewBox="0 0 100 28" preserveAspectRatio="none" aria-hidden="true"><polyline points={points} /></svg>
    </div>
  )
}

/** A number short enough for a small place. */
export function short(n: number): string {
  if (n < 10) return n.toFixed(n === 0 || n >= 1 ? 0 : 1)
  if (n < 1_000) return n.toFixed(0)
  const step = Math.min(4, Math.floor(Math.log10(n) / 3))
  return `${(n / 1_000 ** step).toFixed(1)} ${['', 'k', 'M', 'G', 'T'][step]}`
}
